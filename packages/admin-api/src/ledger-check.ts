/** `POST /ledger-checks` and `GET /ledger-checks/latest`: whether the money adds up. */

import { z } from "zod";
import { taskOf } from "./tasks.ts";

export const ledgerCheckSchema = taskOf(
  z.object({
    invariants: z.array(
      z.object({
        number: z.number().int(),
        /** What must hold. */
        says: z.string(),
        /** skipped: there was nothing to compare. */
        status: z.enum(["holds", "warning", "broken", "skipped"]),
        findings: z.array(
          z.object({
            /** `charge_differs` */
            problem: z.string(),
            says: z.string(),
            /** It breaks nothing. */
            isMereWarning: z.boolean(),
            count: z.number().int(),
            /** The first ones. */
            rows: z.array(z.string()),
            cause: z.string(),
          }),
        ),
      }),
    ),
    /** With engines' own counters: how many stretches of time, of how many runners. */
    compared: z.object({ runners: z.number().int(), stretches: z.number().int() }),
  }),
);
export type LedgerCheck = z.infer<typeof ledgerCheckSchema>;
export const latestLedgerCheckSchema = z.object({ check: ledgerCheckSchema.nullable() });
