/**
 * Re-rating: what a model's requests of a period should have been charged, and the correction of what they were.
 *
 * It converges: the difference is taken from what a request is charged now, earlier corrections included. A re-rating that is booked again, or was broken off half way,
 * books what is missing and nothing twice.
 */
import type { Db } from "@tera/database";
import { sql } from "drizzle-orm";
import { z } from "zod";

export interface ReratingQuery {
  model: string;
  /** Requests admitted from here on, and before `to`. */
  from: Date;
  to: Date;
  /** Charge all of them by this price of the model; absent: each by what the price book has for its moment today. */
  priceId?: string | undefined;
}

/** What changes for one account. Amounts in nano-USD. */
export interface AccountRerating {
  accountId: string;
  /** In the period, failed ones included. */
  requests: number;
  /** Of those, the ones whose charge changes. */
  changed: number;
  /** Of those, the ones that the price book has no price for: they stay as they are. */
  unpriced: number;
  oldNano: bigint;
  newNano: bigint;
}

export interface Correction {
  accountId: string;
  ledgerTransactionId: bigint;
  requests: number;
  /** Positive: charged more. Of that, a prepaid account without enough credit pays what it has. */
  differenceNano: bigint;
}

export interface Rerating {
  /** What would change, for every account that used the model, by id. Changes nothing. */
  preview(query: ReratingQuery): Promise<AccountRerating[]>;
  /**
   * Books one account's differences as one ledger transaction of kind `correction`.
   * @param booking `reference` names this run, the same for all accounts.
   * @returns undefined: there was nothing to correct.
   */
  correct(
    accountId: string,
    query: ReratingQuery,
    booking: { author: string; reason: string; reference: string },
  ): Promise<Correction | undefined>;
}

const previewSchema = z.array(
  z.object({
    account_id: z.string(),
    requests: z.coerce.number(),
    changed: z.coerce.number(),
    unpriced: z.coerce.number(),
    old_nano: z.coerce.bigint(),
    new_nano: z.coerce.bigint(),
  }),
);
const correctedSchema = z.object({
  transaction_id: z.coerce.bigint().nullable(),
  requests: z.coerce.number(),
  difference: z.coerce.bigint(),
});

export function createRerating({ db }: { db: Db }): Rerating {
  const period = ({ model, from, to, priceId }: ReratingQuery) =>
    sql`${model}, ${from.toISOString()}::timestamptz, ${to.toISOString()}::timestamptz, ${priceId ?? null}::text`;

  return {
    async preview(query) {
      const { rows } = await db.execute(sql`
        select account_id, count(*) as requests, count(*) filter (where new_nano <> old_nano) as changed,
          count(*) filter (where new_nano is null) as unpriced,
          sum(old_nano)::text as old_nano, sum(coalesce(new_nano, old_nano))::text as new_nano
        from rerated_usage(${period(query)}, null) group by account_id order by account_id`);
      return previewSchema.parse(rows).map((row) => ({
        accountId: row.account_id,
        requests: row.requests,
        changed: row.changed,
        unpriced: row.unpriced,
        oldNano: row.old_nano,
        newNano: row.new_nano,
      }));
    },
    async correct(accountId, query, { author, reason, reference }) {
      const { rows } = await db.execute(
        sql`select * from correct_usage(${accountId}, ${period(query)}, ${author}, ${reason}, ${`${reference}:${accountId}`})`,
      );
      const { transaction_id, requests, difference } = correctedSchema.parse(rows[0]);
      if (transaction_id === null) return undefined;
      return { accountId, ledgerTransactionId: transaction_id, requests, differenceNano: difference };
    },
  };
}
