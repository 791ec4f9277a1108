/** The ledger: money that comes and goes other than by usage, and what there is. Every change is one ledger transaction with an author and a reason. */
import {
  type Db,
  type LedgerBook,
  type LedgerKind,
  type LedgerTransaction,
  ledgerEntry,
  ledgerTransaction,
  purse,
} from "@tera/database";
import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import { z } from "zod";

export interface Balance {
  /** Nano-USD. Negative: a postpaid account owes. */
  balanceNano: bigint;
  /** Of the balance, what gateways hold in leases. */
  leasedNano: bigint;
  availableNano: bigint;
}

export interface CreditMove {
  accountId: string;
  /** Positive: to the account. Nano-USD. */
  amountNano: bigint;
  author: string;
  reason: string;
  /** What it answers to; booked once for each kind, however often it is reported. */
  reference?: string | undefined;
}

export interface LedgerLine {
  id: bigint;
  seq: bigint;
  kind: LedgerKind;
  author: string;
  reason: string;
  reference: string | null;
  createdAt: Date;
  entries: { book: LedgerBook; amountNano: bigint }[];
}

export interface LedgerStore {
  /** Undefined: no such account. */
  balance(accountId: string): Promise<Balance | undefined>;
  /** By account id. */
  balances(accountIds: readonly string[]): Promise<Map<string, Balance>>;
  /** A payment. @returns the transaction's id; undefined: its reference was booked before. */
  topUp(move: CreditMove): Promise<bigint | undefined>;
  /** Money paid back: a negative amount. */
  refund(move: CreditMove): Promise<bigint | undefined>;
  /** A gift, or a correction by hand, either way. */
  adjust(move: CreditMove): Promise<bigint | undefined>;
  /** The newest first; `before` is a `seq`, for the next page. @param query.kinds only these; none named: all. */
  list(query: {
    accountId: string;
    limit: number;
    before?: bigint | undefined;
    kinds?: readonly LedgerKind[] | undefined;
  }): Promise<LedgerLine[]>;
  /** What a reference of this kind was booked as; undefined: it was not. */
  findByReference(kind: LedgerKind, reference: string): Promise<(LedgerLine & { accountId: string }) | undefined>;
}

const movedSchema = z.object({ id: z.coerce.bigint().nullable() });

export function createLedgerStore({ db }: { db: Pick<Db, "select" | "execute"> }): LedgerStore {
  async function move(kind: LedgerKind, against: LedgerBook, wanted: CreditMove): Promise<bigint | undefined> {
    const { accountId, amountNano, author, reason, reference } = wanted;
    const { rows } = await db.execute(
      sql`select move_credit(${accountId}, ${kind}, ${against}, ${amountNano.toString()}::bigint, ${author}, ${reason}, ${reference ?? null}) as id`,
    );
    return movedSchema.parse(rows[0]).id ?? undefined;
  }

  async function balances(accountIds: readonly string[]): Promise<Map<string, Balance>> {
    if (accountIds.length === 0) return new Map();
    const rows = await db
      .select()
      .from(purse)
      .where(inArray(purse.id, [...accountIds]));
    return new Map(
      rows.map(({ id, balanceNano, leasedNano }) => [
        id,
        { balanceNano, leasedNano, availableNano: balanceNano - leasedNano },
      ]),
    );
  }

  return {
    async balance(accountId) {
      return (await balances([accountId])).get(accountId);
    },
    balances,
    topUp: (wanted) => move("top_up", "cash", wanted),
    refund: (wanted) => move("refund", "cash", wanted),
    adjust: (wanted) => move("adjustment", "adjustment", wanted),
    async list({ accountId, limit, before, kinds = [] }) {
      const transactions = await db
        .select()
        .from(ledgerTransaction)
        .where(
          and(
            eq(ledgerTransaction.accountId, accountId),
            before === undefined ? undefined : lt(ledgerTransaction.seq, before),
            kinds.length === 0 ? undefined : inArray(ledgerTransaction.kind, [...kinds]),
            // Said in so many words, Postgres reads the index that has nothing else.
            kinds.length === 0 || kinds.includes("usage") ? undefined : sql`${ledgerTransaction.kind} <> 'usage'`,
          ),
        )
        .orderBy(desc(ledgerTransaction.seq))
        .limit(limit);
      return withEntries(transactions);
    },
    async findByReference(kind, reference) {
      const transactions = await db
        .select()
        .from(ledgerTransaction)
        .where(and(eq(ledgerTransaction.kind, kind), eq(ledgerTransaction.reference, reference)));
      const [line] = await withEntries(transactions);
      const [transaction] = transactions;
      return line === undefined || transaction === undefined
        ? undefined
        : { ...line, accountId: transaction.accountId };
    },
  };

  async function withEntries(transactions: readonly LedgerTransaction[]): Promise<LedgerLine[]> {
    if (transactions.length === 0) return [];
    const ids = transactions.map(({ id }) => id);
    const entries = await db
      .select()
      .from(ledgerEntry)
      .where(inArray(ledgerEntry.transactionId, ids))
      .orderBy(ledgerEntry.line);
    const byTransaction = Map.groupBy(entries, ({ transactionId }) => transactionId);
    return transactions.map(({ id, seq, kind, author, reason, reference, createdAt }) => ({
      id,
      seq,
      kind,
      author,
      reason,
      reference,
      createdAt,
      entries: (byTransaction.get(id) ?? []).map(({ book, amountNano }) => ({ book, amountNano })),
    }));
  }
}
