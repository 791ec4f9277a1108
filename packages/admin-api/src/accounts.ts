/** Accounts: who is charged. */
import { z } from "zod";
import { amountSchema, momentSchema, pageOf, pageQuery } from "./page.ts";

export const accountKindSchema = z.enum(["prepaid", "postpaid"]);

const limit = z.number().int().min(1).max(2_147_483_647).nullable();

export const accountLimitsSchema = z.object({
  /** Of all keys together; null: no limit, as for each of the following. */
  requestsPerMinuteMax: limit,
  tokensPerMinuteMax: limit,
  concurrencyMax: limit,
});

export const accountSchema = accountLimitsSchema.extend({
  id: z.string(),
  name: z.string(),
  kind: accountKindSchema,
  currency: z.literal("USD"),
  createdAt: momentSchema,
  disabledAt: momentSchema.nullable(),
  /** What it has, less what it owes. */
  balance: amountSchema,
  keys: z.number().int().nonnegative(),
});
export type Account = z.infer<typeof accountSchema>;

export const accountListQuery = pageQuery(["name", "createdAt", "balance"], "-createdAt").extend({
  kind: accountKindSchema.optional(),
  state: z.enum(["enabled", "disabled"]).optional(),
});
export const accountPageSchema = pageOf(accountSchema);

export const newAccountSchema = z.strictObject({
  name: z.string().trim().min(1, "is needed").max(200),
  kind: accountKindSchema,
  ...accountLimitsSchema.partial().shape,
});
export type NewAccount = z.infer<typeof newAccountSchema>;

export const accountChangeSchema = newAccountSchema.partial();
export type AccountChange = z.infer<typeof accountChangeSchema>;
