/** What disputes have moved lately. */
import { account, type Db, ledgerEntry, ledgerTransaction } from "@tera/database";
import { and, desc, eq, gte, isNotNull, sql } from "drizzle-orm";
import { z } from "zod";

export interface DisputeMovement {
  /** `stripe:txn_...`: each is there once. */
  reference: string;
  accountId: string;
  accountName: string;
  reason: string;
  /** Above zero: withdrawn from us. Nano-USD. */
  withdrawnNano: bigint;
  /** Of it, what the account had not available. Below zero: debt that was paid. Nano-USD. */
  debtNano: bigint;
}

const sumSchema = z.coerce.bigint();

/** The newest first. */
export async function readDisputes(
  db: Pick<Db, "select">,
  { maxAgeMs, limit }: { maxAgeMs: number; limit: number },
): Promise<DisputeMovement[]> {
  const sumOf = (book: string) =>
    sql<string>`coalesce(sum(${ledgerEntry.amountNano}) filter (where ${ledgerEntry.book} = ${book}), 0)`;
  const rows = await db
    .select({
      reference: ledgerTransaction.reference,
      accountId: ledgerTransaction.accountId,
      accountName: account.name,
      reason: ledgerTransaction.reason,
      cash: sumOf("cash"),
      debt: sumOf("debt"),
    })
    .from(ledgerTransaction)
    .innerJoin(account, eq(account.id, ledgerTransaction.accountId))
    .innerJoin(ledgerEntry, eq(ledgerEntry.transactionId, ledgerTransaction.id))
    .where(
      and(
        eq(ledgerTransaction.kind, "dispute"),
        // What the index of kinds and references asks for.
        isNotNull(ledgerTransaction.reference),
        gte(ledgerTransaction.createdAt, sql`clock_timestamp() - ${maxAgeMs} * interval '1 millisecond'`),
      ),
    )
    .groupBy(ledgerTransaction.id, account.id)
    .orderBy(desc(ledgerTransaction.id))
    .limit(limit);
  return rows.map(({ reference, cash, debt, ...about }) => ({
    ...about,
    reference: reference ?? "",
    withdrawnNano: sumSchema.parse(cash),
    debtNano: -sumSchema.parse(debt),
  }));
}
