/** Settles usage records in Postgres: events, charges, ledger and roll-ups in one statement, all or nothing. */
import { type Db, type Price, price } from "@tera/database";
import type { UsageRecord } from "@tera/protocol";
import { inArray, sql } from "drizzle-orm";
import { rateRecord } from "./rate.ts";
import { type Charge, toUsageRow } from "./usage-row.ts";

export interface UsageWriter {
  /** A record whose request was settled before is passed over: each request is charged once, whoever reports it and how often. */
  settle(records: readonly UsageRecord[]): Promise<void>;
}

/** @param author who books it: `gateway:<id>`. */
export function createUsageWriter({ db, author }: { db: Db; author: string }): UsageWriter {
  /** Rows never change, so what was read once is known for good. */
  const prices = new Map<string, Price>();

  async function learnPrices(records: readonly UsageRecord[]): Promise<void> {
    const named = new Set(records.flatMap(({ billing }) => billing?.priceId ?? []));
    const unknown = [...named].filter((id) => !prices.has(id));
    if (unknown.length === 0) return;
    for (const row of await db.select().from(price).where(inArray(price.id, unknown))) prices.set(row.id, row);
  }

  function chargeOf(record: UsageRecord): Charge {
    const lane = record.billing?.lane ?? "interactive";
    const rates = record.billing?.priceId === undefined ? undefined : prices.get(record.billing.priceId);
    if (rates === undefined) return { chargeNano: 0n, priceId: undefined, lane };
    return { chargeNano: rateRecord(record, rates, lane), priceId: rates.id, lane };
  }

  return {
    async settle(records) {
      await learnPrices(records);
      const events = records.map((record) => toUsageRow(record, chargeOf(record)));
      await db.execute(sql`select settle_usage(${JSON.stringify(events)}::jsonb, ${author})`);
    },
  };
}
