/** What is spent of budgets: read from the purses that requests are held against, so that it is what decides, and one look-up for each budget. */
import { type ApiKey, type Db, purse } from "@tera/database";
import { inArray } from "drizzle-orm";
import { budgetPurses, budgetsOf, firstKeyIdOf } from "./budget-purse.ts";

/** By all keys of a rotation together, in the period that is now. Nano-USD; null: there is no such budget. */
export interface BudgetSpend {
  dayNano: bigint | null;
  monthNano: bigint | null;
  totalNano: bigint | null;
}

type Budgeted = Pick<ApiKey, "id" | "firstKeyId" | "budgetDayNano" | "budgetMonthNano" | "budgetTotalNano">;

export const noBudgetSpend: Readonly<BudgetSpend> = Object.freeze({ dayNano: null, monthNano: null, totalNano: null });

const fields = { key_day: "dayNano", key_month: "monthNano", key_total: "totalNano" } as const;

/** @returns by key id */
export async function readBudgetSpend(db: Db, keys: readonly Budgeted[]): Promise<Map<string, BudgetSpend>> {
  const nowMs = Date.now();
  const pursesOf = (key: Budgeted) => budgetPurses(firstKeyIdOf(key), budgetsOf(key), nowMs);
  const wanted = new Set(keys.flatMap((key) => pursesOf(key).map(({ id }) => id)));
  const rows =
    wanted.size === 0
      ? []
      : await db
          .select({ id: purse.id, balanceNano: purse.balanceNano })
          .from(purse)
          .where(inArray(purse.id, [...wanted]));
  const balances = new Map(rows.map(({ id, balanceNano }) => [id, balanceNano]));
  return new Map(
    keys.map((key) => {
      const spend: BudgetSpend = { ...noBudgetSpend };
      for (const { id, kind, budgetNano } of pursesOf(key)) {
        // A period's purse is made by its first request: without one, nothing is spent.
        spend[fields[kind]] = budgetNano - (balances.get(id) ?? budgetNano);
      }
      return [key.id, spend];
    }),
  );
}
