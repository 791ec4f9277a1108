/** Whether the money adds up: every invariant that the database alone can prove, as of one moment. Changes nothing; works beside running gateways. */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { checkLedgerChain } from "./check-ledger-chain.ts";
import { guardCheck } from "./check-ledger-guards.ts";
import { invoiceChecks } from "./check-ledger-invoices.ts";
import { rowChecks, runRowCheck } from "./check-ledger-rows.ts";
import type { LedgerFinding } from "./ledger-finding.ts";

const keptSchema = z.object({ since: z.coerce.date().nullable(), dropped: z.boolean() });

/**
 * In bounded memory, however large the ledger is; time grows with it. The connection's statement time-out must allow for a scan of all usage.
 * @returns what is wrong; empty when everything adds up.
 */
export async function checkLedger({ db }: { db: Db }): Promise<LedgerFinding[]> {
  return db.transaction(
    async (moment) => {
      // One question after the other: the transaction is one connection.
      const found = await checkLedgerChain(moment);
      const keptSince = await findKeptSince(moment);
      for (const check of [...rowChecks({ keptSince }), guardCheck, ...invoiceChecks]) {
        const finding = await runRowCheck(moment, check);
        if (finding !== undefined) found.push(finding);
      }
      return found.sort((a, b) => a.invariant - b.invariant);
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** The beginning of the oldest month whose usage is kept; undefined: no usage was dropped. Roll-ups stay, and tell. */
async function findKeptSince(db: Pick<Db, "execute">): Promise<Date | undefined> {
  const { rows } = await db.execute(sql`
    with oldest as (
      select min(to_date(substring(relname from '[0-9]{6}$'), 'YYYYMM'))::timestamp at time zone 'UTC' as since
      from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'usage_event'::regclass and relname ~ '^usage_event_[0-9]{6}$'
    )
    select to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
      exists (select 1 from usage_hour where hour < since) as dropped from oldest`);
  const { since, dropped } = keptSchema.parse(rows[0]);
  return dropped && since !== null ? since : undefined;
}
