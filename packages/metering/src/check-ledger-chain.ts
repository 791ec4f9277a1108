/**
 * Walks the whole ledger, account by account and in its order, a page at a time: sums, balances and the hash chain, worked out here and not by the SQL
 * functions that wrote them.
 */
import { createHash } from "node:crypto";
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { createFindingSheet, type LedgerFinding } from "./ledger-finding.ts";

const pageRows = 2_000;

const changedByHand =
  "Rows were changed outside Tera, by somebody with more rights than the application has, or a backup was restored in part.";
const problems = {
  transaction_unbalanced: { invariant: 1, cause: changedByHand },
  balance_differs: { invariant: 1, cause: changedByHand },
  purse_missing: { invariant: 1, cause: changedByHand },
  went_below_zero: {
    invariant: 2,
    cause: "The account was postpaid once, or credit was taken by other means than the functions of the database.",
  },
  chain_gap: { invariant: 8, cause: "Transactions are missing: they were deleted, or a backup was restored in part." },
  chain_broken: { invariant: 8, cause: changedByHand },
  hash_differs: { invariant: 8, cause: changedByHand },
} as const;

const rowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  seq: z.coerce.bigint(),
  kind: z.string(),
  author: z.string(),
  reason: z.string(),
  reference: z.string().nullable(),
  created_ms: z.string(),
  previous_hash: z.string(),
  hash: z.string(),
  entries: z.array(z.tuple([z.string(), z.string()])).nullable(),
});
export type ChainRow = z.infer<typeof rowSchema>;

const purseSchema = z.object({ balance: z.coerce.bigint(), bounded: z.boolean() });

/** SHA-256, in hex, as `ledger_hash` of the migrations defines it. */
function hashTransaction(row: Omit<ChainRow, "hash" | "id">): string {
  const entries = (row.entries ?? []).map(([book, amount]) => `["${book}", "${amount}"]`).join(", ");
  const text = [
    row.account_id,
    row.seq,
    row.kind,
    row.author,
    row.reason,
    row.reference ?? "",
    row.created_ms,
    `[${entries}]`,
  ].join("\n");
  return createHash("sha256").update(Buffer.from(row.previous_hash, "hex")).update(text).digest("hex");
}

interface Walked {
  accountId: string;
  seq: bigint;
  hash: string;
  balanceNano: bigint;
  bounded: boolean;
  /** What the purse says; undefined: there is none. */
  purseNano: bigint | undefined;
  belowZero: boolean;
}

/** @param db a transaction that sees one moment. */
export async function checkLedgerChain(db: Pick<Db, "execute">): Promise<LedgerFinding[]> {
  const sheet = createFindingSheet(problems);
  let account: Walked | undefined;
  let after = { accountId: "", seq: 0n };

  async function begin(accountId: string): Promise<Walked> {
    const { rows } = await db.execute(
      sql`select balance_nano::text as balance, bounded from purse where id = ${accountId} and kind = 'account'`,
    );
    const purse = rows[0] === undefined ? undefined : purseSchema.parse(rows[0]);
    const { bounded = false, balance: purseNano } = purse ?? {};
    return { accountId, seq: 0n, hash: "", balanceNano: 0n, bounded, purseNano, belowZero: false };
  }

  function end({ accountId, balanceNano, purseNano }: Walked): void {
    if (purseNano === undefined) sheet.add("purse_missing", `account ${accountId} has a ledger and no purse`);
    else if (purseNano !== balanceNano) {
      sheet.add(
        "balance_differs",
        `account ${accountId}: the balance is ${purseNano} nano-USD, its entries sum to ${balanceNano}`,
      );
    }
  }

  function visit(walked: Walked, row: ChainRow): void {
    const name = `transaction ${row.id} (account ${row.account_id}, number ${row.seq})`;
    const entries = row.entries ?? [];
    const sum = entries.reduce((total, [, amount]) => total + BigInt(amount), 0n);
    if (sum !== 0n || entries.length === 0) sheet.add("transaction_unbalanced", `${name} sums to ${sum} nano-USD`);
    for (const [book, amount] of entries) if (book === "credit") walked.balanceNano += BigInt(amount);
    if (walked.bounded && walked.balanceNano < 0n && !walked.belowZero) {
      walked.belowZero = true;
      sheet.add("went_below_zero", `${name} left the account with ${walked.balanceNano} nano-USD`);
    }
    if (row.seq !== walked.seq + 1n) sheet.add("chain_gap", `${name} follows number ${walked.seq}`);
    else if (row.previous_hash !== walked.hash) sheet.add("chain_broken", `${name} does not name the hash before it`);
    if (hashTransaction(row) !== row.hash) sheet.add("hash_differs", `${name} is not what its hash was made of`);
    walked.seq = row.seq;
    walked.hash = row.hash;
  }

  for (;;) {
    const { rows } = await db.execute(sql`
      select t.id::text, t.account_id, t.seq::text, t.kind, t.author, t.reason, t.reference,
        trunc(extract(epoch from t.created_at) * 1000)::text as created_ms,
        encode(t.previous_hash, 'hex') as previous_hash, encode(t.hash, 'hex') as hash,
        (select json_agg(json_build_array(e.book, e.amount_nano::text) order by e.line) from ledger_entry e where e.transaction_id = t.id) as entries
      from ledger_transaction t
      where (t.account_id, t.seq) > (${after.accountId}, ${after.seq.toString()}::bigint)
      order by t.account_id, t.seq limit ${pageRows}`);
    for (const row of z.array(rowSchema).parse(rows)) {
      if (account?.accountId !== row.account_id) {
        if (account !== undefined) end(account);
        account = await begin(row.account_id);
      }
      visit(account, row);
      after = { accountId: row.account_id, seq: row.seq };
    }
    if (rows.length < pageRows) break;
  }
  if (account !== undefined) end(account);
  return sheet.findings();
}
