/** The budgets of a key, and how much of each is spent. */
import type { Key } from "@tera/admin-api/keys";

export interface Budget {
  period: "day" | "month" | "total";
  /** `today`, `this month`, `in all` */
  words: string;
  amount: string;
  spent: string;
  /** 0 to 100, for drawing. */
  percent: number;
}

type Budgeted = Pick<Key, "budgetDay" | "budgetMonth" | "budgetTotal" | "spent">;

/** The shortest period first. */
export function budgetsOf({ budgetDay, budgetMonth, budgetTotal, spent }: Budgeted): Budget[] {
  const all = [
    { period: "day", words: "today", amount: budgetDay, spent: spent.day },
    { period: "month", words: "this month", amount: budgetMonth, spent: spent.month },
    { period: "total", words: "in all", amount: budgetTotal, spent: spent.total },
  ] as const;
  return all.flatMap(({ amount, spent: used, ...budget }) =>
    amount === null ? [] : [{ ...budget, amount, spent: used ?? "0", percent: percentOf(used ?? "0", amount) }],
  );
}

/** The one that will stop the key first, as it looks. */
export function tightestBudget(key: Budgeted): Budget | undefined {
  return budgetsOf(key).toSorted((one, other) => other.percent - one.percent)[0];
}

function percentOf(spent: string, amount: string): number {
  const [used, whole] = [Number(spent), Number(amount)];
  if (whole === 0) return 100;
  return Math.min(100, Math.max(0, (100 * used) / whole));
}
