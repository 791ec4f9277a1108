/** What was charged to each key of an account. */
import { z } from "zod";
import { amountSchema } from "./page.ts";

/** `GET /admin/api/accounts/{id}/spend` */
export const keySpendListSchema = z.object({
  /** Keys that were ever used. */
  items: z.array(
    z.object({
      keyId: z.string(),
      /** On this day, in this month (UTC), and in all. */
      day: amountSchema,
      month: amountSchema,
      total: amountSchema,
      monthRequests: z.number().int().nonnegative(),
    }),
  ),
});
