/** `POST /ledger-checks` and `GET /ledger-checks/latest`: whether the money adds up. */

import { taskOf } from "@tera/admin-api/tasks";
import { z } from "zod";

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
            count: z.number().int(),
            /** The first ones. */
            rows: z.array(z.string()),
            cause: z.string(),
          }),
        ),
      }),
    ),
  }),
);
export type LedgerCheck = z.infer<typeof ledgerCheckSchema>;
export const latestLedgerCheckSchema = z.object({ check: ledgerCheckSchema.nullable() });
