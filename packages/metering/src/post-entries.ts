/** Books a ledger transaction of several entries and keeps the balance, inside a transaction of the caller's. */
import { type Db, type LedgerBook, type LedgerKind, purse } from "@tera/database";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";

export interface Posting {
  accountId: string;
  kind: LedgerKind;
  author: string;
  reason: string;
  /** What it answers to, unique for its kind. */
  reference?: string | undefined;
  /** Sum to zero. Nano-USD. */
  entries: readonly (readonly [LedgerBook, bigint])[];
}

type Writer = Pick<Db, "execute" | "select">;

const postedSchema = z.object({ id: z.coerce.bigint() });

/** The account's purse, locked until the transaction ends: nothing is booked for the account meanwhile. Undefined: no such account. */
export async function lockPurse(tx: Writer, accountId: string): Promise<{ availableNano: bigint } | undefined> {
  const [row] = await tx.select().from(purse).where(eq(purse.id, accountId)).for("update");
  return row === undefined ? undefined : { availableNano: row.balanceNano - row.leasedNano };
}

/** The caller holds the purse's lock. @returns the ledger transaction's id. */
export async function postEntries(tx: Writer, posting: Posting): Promise<bigint> {
  const { accountId, kind, author, reason, reference, entries } = posting;
  const creditNano = entries.reduce((sum, [book, nano]) => (book === "credit" ? sum + nano : sum), 0n);
  if (creditNano !== 0n) {
    await tx.execute(
      sql`update purse set balance_nano = balance_nano + ${creditNano.toString()}::bigint, updated_at = clock_timestamp() where id = ${accountId}`,
    );
  }
  const list = JSON.stringify(entries.map(([book, nano]) => [book, nano.toString()]));
  const { rows } = await tx.execute(
    sql`select post_ledger(${accountId}, ${kind}, ${author}, ${reason}, ${reference ?? null}, ${list}::jsonb) as id`,
  );
  return postedSchema.parse(rows[0]).id;
}
