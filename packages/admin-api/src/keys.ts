/** API keys: what opens the API for an account. The key itself is in the answers that make one, and in no other. */
import { z } from "zod";
import { amountSchema, momentSchema, pageOf, pageQuery } from "./page.ts";

export const keyStates = ["active", "disabled", "expired", "revoked"] as const;
export const keyStateSchema = z.enum(keyStates);
export type KeyState = z.infer<typeof keyStateSchema>;

/** Which requests go first when slots are short. */
export const priorityClasses = ["high", "normal", "low"] as const;
export const priorityClassSchema = z.enum(priorityClasses);
export type PriorityClass = z.infer<typeof priorityClassSchema>;

const budgetSchema = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,9})?$/, "must be an amount such as 5 or 0.25, with nine decimals at most")
  .refine((amount) => Number(amount) <= 1_000_000_000, "must be 1000000000 at most")
  .nullable();

const limit = (max: number) =>
  z.number("must be a number").int("must be whole").min(1, "must be 1 or more").max(max).nullable();

const modelIdSchema = z
  .string()
  .max(512)
  .regex(/^[^\s\p{Cc}]+$/u, "must be a model's id, such as Qwen/Qwen2.5-7B-Instruct");

/** Its form; what bits beyond the prefix are is looked at by the server. */
const addressBlockSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: ({ input }) => `${JSON.stringify(input)} is no address and no block such as 203.0.113.0/24 or 2001:db8::/32`,
});

/** What is chosen for a key. Null: no limit, every model, every address. */
const keySettings = {
  name: z.string().trim().min(1, "is needed").max(200),
  expiresAt: momentSchema.nullable(),
  modelScope: z.array(modelIdSchema).min(1, "must name a model; null lets it use all").max(200).nullable(),
  /** What it may spend on a day, in a month and in all. UTC. Shared by all keys of a rotation. */
  budgetDay: budgetSchema,
  budgetMonth: budgetSchema,
  budgetTotal: budgetSchema,
  requestsPerMinuteMax: limit(1_000_000),
  tokensPerMinuteMax: limit(2_000_000_000),
  /** Open requests at once. */
  concurrencyMax: limit(100_000),
  /** Where its requests may come from, as CIDR blocks. */
  allowedAddresses: z.array(addressBlockSchema).min(1, "must name an address; null lets all in").max(200).nullable(),
  /** The operator's to choose. */
  priorityClass: priorityClassSchema,
  /** Prompts and answers are kept, cut short, for a while. */
  contentLogging: z.boolean(),
};
const { name, ...optionalSettings } = keySettings;

export const newKeySchema = z.strictObject({
  accountId: z.string().min(1, "is needed"),
  name,
  ...z.object(optionalSettings).partial().shape,
});
export type NewKey = z.infer<typeof newKeySchema>;

/** What is absent stays as it is. */
export const keyChangeSchema = z.strictObject(keySettings).partial();
export type KeyChange = z.infer<typeof keyChangeSchema>;
export type KeySettings = z.infer<z.ZodObject<typeof keySettings>>;

export const keySchema = z.object({
  ...keySettings,
  id: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  /** Nothing opens with any of its keys. */
  accountDisabled: z.boolean(),
  lastFour: z.string(),
  state: keyStateSchema,
  createdAt: momentSchema,
  disabledAt: momentSchema.nullable(),
  /** Who closed it: what the operator closed, a customer cannot open. Null: it is open. */
  disabledBy: z.enum(["operator", "customer"]).nullable(),
  revokedAt: momentSchema.nullable(),
  /** Null: never, as far as is known. */
  lastUsedAt: momentSchema.nullable(),
  /** The one that its rotation began with: all keys of a rotation share their budgets. Its own id where there was no rotation. */
  firstKeyId: z.string(),
  /** The key that took its place in a rotation. */
  successorId: z.string().nullable(),
  /** Of each budget, in the period that is now; null: there is no such budget. */
  spent: z.object({ day: amountSchema.nullable(), month: amountSchema.nullable(), total: amountSchema.nullable() }),
});
export type Key = z.infer<typeof keySchema>;

export const keyListQuery = pageQuery(["name", "account", "createdAt", "expiresAt"], "-createdAt").extend({
  accountId: z.string().max(100).optional(),
  state: keyStateSchema.optional(),
  /** Keys that may use it. */
  model: z.string().max(512).optional(),
});
export const keyPageSchema = pageOf(keySchema);

/** `GET /admin/api/keys/{id}` */
export const keyDetailsSchema = keySchema.extend({
  /** Every key that it came from or that came from it, the oldest first; itself too. */
  rotation: z.array(
    keySchema.pick({
      id: true,
      name: true,
      lastFour: true,
      state: true,
      createdAt: true,
      expiresAt: true,
      disabledAt: true,
      revokedAt: true,
      successorId: true,
      lastUsedAt: true,
    }),
  ),
});
export type KeyDetails = z.infer<typeof keyDetailsSchema>;

/** Answer of what makes a key. */
export const madeKeySchema = z.object({
  /** The key itself: this is the only time that it is told. */
  secret: z.string(),
  key: keySchema,
});
export type MadeKey = z.infer<typeof madeKeySchema>;

export const overlapHoursMax = 24 * 365;
export const keyRotationSchema = z.strictObject({
  /** How long the old key lives on; 0: it ends at once, 0.5: in half an hour. */
  overlapHours: z.number().min(0).max(overlapHoursMax).default(24),
  /** Of the new key; absent: as the old one's was. */
  expiresAt: momentSchema.nullable().optional(),
});
export type KeyRotation = z.input<typeof keyRotationSchema>;

export const keyRevocationSchema = z.strictObject({
  /** End also what is being answered: streams end with an error, and cost what was generated until then. What waits ends in any case. */
  endStreams: z.boolean().default(false),
});
export type KeyRevocation = z.input<typeof keyRevocationSchema>;
