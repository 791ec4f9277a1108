/** The price book: what each model costs from when on. Amounts are decimal strings of USD. */

import { z } from "zod";
import { percentInput, perMillionInput, perRequestInput } from "./money.ts";
import { amountSchema, momentSchema, pageOf, pageQuery } from "./page.ts";
import { taskOf } from "./tasks.ts";

/** in force: what a request is charged now. ahead: begins later. replaced: was in force until another began. corrected: another has the same beginning. */
export const priceStatusSchema = z.enum(["in force", "ahead", "replaced", "corrected"]);
export type PriceStatus = z.infer<typeof priceStatusSchema>;

/** What a request is charged by it. */
export const priceAmounts = {
  free: z.boolean(),
  /** Per million tokens. */
  input: amountSchema,
  output: amountSchema,
  /** Of input that a prefix cache served. */
  cacheRead: amountSchema,
  /** Per million characters of speech. */
  perMillionCharacters: amountSchema,
  request: amountSchema,
};

export const priceSchema = z.object({
  id: z.string(),
  model: z.string(),
  validFrom: momentSchema,
  /** From 1; of prices with the same beginning the highest counts. */
  revision: z.number().int(),
  status: priceStatusSchema,
  ...priceAmounts,
  /** `50`: what the batch lane takes off. */
  batchDiscountPercent: z.string(),
  author: z.string(),
  reason: z.string().nullable(),
  createdAt: momentSchema,
});
export type Price = z.infer<typeof priceSchema>;

export const pricedModelSchema = z.object({
  model: z.string(),
  /** Null: its first price is ahead. */
  inForce: priceSchema.nullable(),
  /** The next that begins. */
  ahead: priceSchema.nullable(),
  /** Entries of its history. */
  prices: z.number().int(),
});
export type PricedModel = z.infer<typeof pricedModelSchema>;
export const pricedModelListQuery = pageQuery(["model"], "model");
export const pricedModelPageSchema = pageOf(pricedModelSchema);

/** `GET /prices/history?model=...`, the latest beginning first; of all models, by their ids, when none is named. */
export const priceHistoryQuery = pageQuery(["validFrom"], "-validFrom").extend({
  model: z.string().min(1).max(300).optional(),
});
export const priceHistoryPageSchema = pageOf(priceSchema);

const isAboveZero = (amount: string | undefined) => amount !== undefined && /[1-9]/.test(amount);

/** `POST /prices` */
export const newPriceSchema = z
  .strictObject({
    model: z.string().trim().min(1, "is needed").max(300),
    /** From when on. In the past: a correction, which changes no charge until it is re-rated. Absent: at once, or as soon as every gateway knows it. */
    validFrom: momentSchema.optional(),
    /** Served for nothing: named alone. */
    free: z.boolean().default(false),
    input: perMillionInput.optional(),
    output: perMillionInput.optional(),
    /** As much as input when absent. */
    cacheRead: perMillionInput.optional(),
    perMillionCharacters: perMillionInput.optional(),
    request: perRequestInput.optional(),
    batchDiscountPercent: percentInput.optional(),
    reason: z.string().trim().min(1).max(500).optional(),
  })
  .check(({ value, issues }) => {
    const { free, input, output, cacheRead, perMillionCharacters, request, batchDiscountPercent } = value;
    const amounts = [input, output, cacheRead, perMillionCharacters, request];
    const say = (path: string, message: string) => issues.push({ code: "custom", input: value, path: [path], message });
    if (free) {
      if ([...amounts, batchDiscountPercent].some((amount) => amount !== undefined)) {
        say("free", "means that nothing is charged: leave the amounts out");
      }
      return;
    }
    if (input !== undefined && output === undefined) say("output", "goes with input: 0 for what costs nothing");
    if (output !== undefined && input === undefined) say("input", "goes with output: 0 for what costs nothing");
    if (!amounts.some(isAboveZero))
      say("input", "all of it is 0: say that it is free, so that nobody takes it for a mistake");
  });
export type NewPrice = z.infer<typeof newPriceSchema>;

/** `POST /reratings`: what a model's requests of a period should have been charged. Changes nothing. */
export const reratingRequestSchema = z
  .strictObject({
    model: z.string().min(1).max(300),
    /** Requests admitted from here on, and before `to`. */
    from: momentSchema,
    to: momentSchema,
    /** Charge all of them by this price; absent: each by what the price book has for its moment today. */
    priceId: z.string().max(100).optional(),
  })
  .refine(({ from, to }) => new Date(from) < new Date(to), { path: ["to"], message: "must lie after the beginning" });
export type ReratingRequest = z.infer<typeof reratingRequestSchema>;

const effectFields = {
  requests: z.number().int(),
  /** Whose charge changes. */
  changed: z.number().int(),
  /** That the price book has no price for: they stay as they are. */
  unpriced: z.number().int(),
  old: amountSchema,
  new: amountSchema,
  difference: amountSchema,
};
export const reratingSchema = taskOf(
  z.object({
    model: z.string(),
    from: momentSchema,
    to: momentSchema,
    priceId: z.string().nullable(),
    ...effectFields,
    accountsChanged: z.number().int(),
    /** Those that change most. */
    accounts: z.array(z.object({ accountId: z.string(), name: z.string(), ...effectFields })),
    /** It was booked, or is being booked: by this. */
    appliedBy: z.string().nullable(),
  }),
);
export type Rerating = z.infer<typeof reratingSchema>;

/** `POST /reratings/{id}/apply`: books the differences that were looked at. */
export const reratingApplySchema = z.strictObject({ reason: z.string().trim().min(1, "is needed").max(500) });
export const appliedReratingSchema = taskOf(
  z.object({
    /** Each account's booking begins with it. */
    reference: z.string(),
    accounts: z.number().int(),
    requests: z.number().int(),
    difference: amountSchema,
    /** The first ones of all `accounts`. */
    corrections: z.array(
      z.object({
        accountId: z.string(),
        ledgerTransactionId: z.string(),
        requests: z.number().int(),
        difference: amountSchema,
      }),
    ),
  }),
);
export type AppliedRerating = z.infer<typeof appliedReratingSchema>;
