/**
 * Debts: what customers took back of a payment (a dispute, a refund) after it had been used, or while gateways held it in leases.
 *
 * Whatever is booked in an account's favour pays its debt first. What becomes available otherwise, as leases do that are given back, is collected here.
 */
import { account, type Db, ledgerEntry, ledgerTransaction, purse } from "@tera/database";
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { lockPurse, postEntries } from "./post-entries.ts";

const debtSchema = z.object({ debt: z.coerce.bigint() });

/** Nano-USD, not below 0. */
export async function readDebt(db: Pick<Db, "execute">, accountId: string): Promise<bigint> {
  const { rows } = await db.execute(sql`select debt_of(${accountId}) as debt`);
  return debtSchema.parse(rows[0]).debt;
}

interface DebtCollection {
  /** Accounts that paid something. */
  accounts: number;
  collectedNano: bigint;
}

/** Takes what accounts that owe have available. Repeated, it takes nothing twice. @param author of the bookings. */
export async function collectDebts(
  db: Db,
  { author, accountsMax, signal }: { author: string; accountsMax: number; signal: AbortSignal },
): Promise<DebtCollection> {
  const owing = await db
    .select({ accountId: account.id })
    .from(account)
    .innerJoin(purse, eq(purse.id, account.id))
    .where(
      and(
        gt(purse.balanceNano, purse.leasedNano),
        inArray(
          account.id,
          db
            .select({ id: ledgerTransaction.accountId })
            .from(ledgerEntry)
            .innerJoin(ledgerTransaction, eq(ledgerTransaction.id, ledgerEntry.transactionId))
            .where(eq(ledgerEntry.book, "debt"))
            .groupBy(ledgerTransaction.accountId)
            .having(sql`sum(${ledgerEntry.amountNano}) < 0`),
        ),
      ),
    )
    .orderBy(asc(account.id))
    .limit(accountsMax);
  const collection: DebtCollection = { accounts: 0, collectedNano: 0n };
  for (const { accountId } of owing) {
    if (signal.aborted) break;
    const takenNano = await db.transaction(async (tx) => {
      const available = (await lockPurse(tx, accountId))?.availableNano ?? 0n;
      const debtNano = await readDebt(tx, accountId);
      const amountNano = available < debtNano ? available : debtNano;
      if (amountNano <= 0n) return 0n;
      await postEntries(tx, {
        accountId,
        kind: "debt_payment",
        author,
        reason: "What had been taken back of a payment and was used",
        entries: [
          ["credit", -amountNano],
          ["debt", amountNano],
        ],
      });
      return amountNano;
    });
    if (takenNano > 0n) collection.accounts++;
    collection.collectedNano += takenNano;
  }
  return collection;
}
