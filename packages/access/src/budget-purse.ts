/**
 * A budget is kept in purses: one for each period of it. This file names them.
 *
 * All keys of a rotation share the purses of the first one, so that rotating a key neither doubles its budget nor makes it new.
 */
import type { ApiKey, PurseKind } from "@tera/database";

export interface Budgets {
  /** What may be spent on a day, in a month and in all. UTC. Nano-USD; null: no limit. */
  readonly dayNano: bigint | null;
  readonly monthNano: bigint | null;
  readonly totalNano: bigint | null;
}

export interface BudgetPurse {
  readonly id: string;
  readonly kind: Exclude<PurseKind, "account">;
  readonly firstKeyId: string;
  readonly budgetNano: bigint;
  /** The period: hours of it, for Postgres. */
  readonly since: string;
  /** Exclusive. */
  readonly until: string;
}

export function firstKeyIdOf({ id, firstKeyId }: Pick<ApiKey, "id" | "firstKeyId">): string {
  return firstKeyId ?? id;
}

export function budgetsOf(key: Pick<ApiKey, "budgetDayNano" | "budgetMonthNano" | "budgetTotalNano">): Budgets {
  return { dayNano: key.budgetDayNano, monthNano: key.budgetMonthNano, totalNano: key.budgetTotalNano };
}

/** The purses of the periods that a moment (epoch milliseconds) lies in; none for a budget that there is not. In the order in which they are locked. */
export function budgetPurses(firstKeyId: string, budgets: Budgets, epochMs: number): BudgetPurse[] {
  const date = new Date(epochMs);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const text = date.toISOString();
  const at = (...parts: [number, number, number]) => new Date(Date.UTC(...parts)).toISOString();
  const purses: BudgetPurse[] = [];
  if (budgets.dayNano !== null) {
    const period = { since: at(year, month, day), until: at(year, month, day + 1) };
    const id = `${firstKeyId}:day:${text.slice(0, 10)}`;
    purses.push({ id, kind: "key_day", firstKeyId, budgetNano: budgets.dayNano, ...period });
  }
  if (budgets.monthNano !== null) {
    const period = { since: at(year, month, 1), until: at(year, month + 1, 1) };
    const id = `${firstKeyId}:month:${text.slice(0, 7)}`;
    purses.push({ id, kind: "key_month", firstKeyId, budgetNano: budgets.monthNano, ...period });
  }
  if (budgets.totalNano !== null) {
    const period = { since: "-infinity", until: "infinity" };
    purses.push({ id: `${firstKeyId}:total`, kind: "key_total", firstKeyId, budgetNano: budgets.totalNano, ...period });
  }
  return purses;
}
