/**
 * Changes a key's settings. Budgets belong to all keys of a rotation: they change together, and the purses of the current day and month with them, so that what is
 * left is what the new budget leaves: what was spent stays spent.
 */
import { apiKey, type Db } from "@tera/database";
import { eq, or, sql } from "drizzle-orm";
import { type BudgetPurse, type Budgets, budgetPurses, firstKeyIdOf } from "./budget-purse.ts";
import { type KeyChange, type KeySummary, summaryColumns } from "./key-columns.ts";

export interface KeyChanged {
  /** As it is now. */
  key: KeySummary;
  /** Every key that something was changed of. */
  changedIds: string[];
}

type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

/** @returns undefined: no such key. */
export async function changeKey(db: Db, keyId: string, change: KeyChange): Promise<KeyChanged | undefined> {
  const { budgetDayNano, budgetMonthNano, budgetTotalNano, ...own } = change;
  const budgets = dropAbsent({ budgetDayNano, budgetMonthNano, budgetTotalNano });
  const settings = dropAbsent(own);
  return db.transaction(async (tx) => {
    const [before] = await tx.select(summaryColumns).from(apiKey).where(eq(apiKey.id, keyId));
    if (before === undefined) return undefined;
    const changedIds = new Set<string>();
    if (Object.keys(settings).length > 0) {
      await tx.update(apiKey).set(settings).where(eq(apiKey.id, keyId));
      changedIds.add(keyId);
    }
    if (Object.keys(budgets).length > 0) {
      for (const id of await changeBudgets(tx, firstKeyIdOf(before), budgets)) changedIds.add(id);
    }
    const [key = before] = await tx.select(summaryColumns).from(apiKey).where(eq(apiKey.id, keyId));
    return { key, changedIds: [...changedIds] };
  });
}

async function changeBudgets(
  tx: Transaction,
  firstKeyId: string,
  budgets: Pick<KeyChange, "budgetDayNano" | "budgetMonthNano" | "budgetTotalNano">,
): Promise<string[]> {
  const rotation = or(eq(apiKey.id, firstKeyId), eq(apiKey.firstKeyId, firstKeyId));
  // In one order for everybody.
  await tx.select({ id: apiKey.id }).from(apiKey).where(rotation).orderBy(apiKey.id).for("update");
  const changed = await tx
    .update(apiKey)
    .set(budgets)
    .where(rotation)
    .returning({ id: apiKey.id, nowMs: sql`extract(epoch from clock_timestamp()) * 1000`.mapWith(Number) });
  const { budgetDayNano = null, budgetMonthNano = null, budgetTotalNano = null } = budgets;
  const wanted: Budgets = { dayNano: budgetDayNano, monthNano: budgetMonthNano, totalNano: budgetTotalNano };
  for (const purse of budgetPurses(firstKeyId, wanted, changed[0]?.nowMs ?? Date.now())) await fillPurse(tx, purse);
  return changed.map(({ id }) => id);
}

async function fillPurse(tx: Transaction, { id, firstKeyId, kind, since, until, budgetNano }: BudgetPurse) {
  await tx.execute(
    sql`select fill_key_purse(${id}, ${firstKeyId}, ${kind}, ${since}, ${until}, ${budgetNano.toString()}::bigint)`,
  );
}

function dropAbsent<Values extends object>(values: Values): Partial<Values> {
  const present: Partial<Values> = {};
  let field: keyof Values;
  for (field in values) if (values[field] !== undefined) present[field] = values[field];
  return present;
}
