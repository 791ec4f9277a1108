/**
 * Settled usage records per second: several gateways' writers, each with batches of 500, on one Postgres that keeps what it commits.
 *
 * What each case costs depends on how many accounts the records of a batch are spread over: an account's ledger row, purse and roll-up are written once per batch.
 */
import { connectDatabase, type Db } from "@tera/database";
import { createCreditStore, createLedgerStore, createPriceStore, createUsageWriter } from "@tera/metering";
import { newRequestId, randomBase62, type UsageRecord } from "@tera/protocol";
import { sql } from "drizzle-orm";

export interface SettlementCase {
  /** The records are spread evenly over them. */
  accounts: number;
  /** Gateways that settle at the same time. */
  writers: number;
  batchSize: number;
  seconds: number;
}

const model = "bench/model";
const keysPerAccount = 2;
/** Enough for all that is charged to it. */
const leaseNano = 10n ** 13n;

/** What the database's bytes are spent on: the names of tables. */
const tablesOf = {
  events: "usage_event_.+",
  "roll-ups": "usage_hour|usage_day|usage_total",
  ledger: "ledger_transaction|ledger_entry",
  "purses and leases": "purse|credit_lease",
};

export interface Settlement {
  /** Records that were committed. */
  recordsPerSecond: number;
  /** By which tables, and their indexes, grew for each record; by what they are for. */
  bytesPerRecord: Map<string, number>;
}

/** @param url of a migrated database. */
export async function measureSettlement(
  url: string,
  { accounts, writers, batchSize, seconds }: SettlementCase,
): Promise<Settlement> {
  const database = connectDatabase({ url, name: "tera-bench", poolSizeMax: writers });
  try {
    const { db } = database;
    const price = await createPriceStore({ db }).addPrice({ model, inputNano: 70n, outputNano: 300n, author: "bench" });
    const ledger = createLedgerStore({ db });
    const run = randomBase62(8);
    const accountIds = Array.from({ length: accounts }, (_, index) => `acct_${run}_${index}`);
    const credit = createCreditStore({ db });
    for (const accountId of accountIds) {
      await db.execute(sql`insert into account (id, name, kind) values (${accountId}, 'bench', 'prepaid')`);
      await ledger.topUp({ accountId, amountNano: 10n ** 15n, author: "bench", reason: "bench" });
      for (let writer = 0; writer < writers; writer++) {
        const leaseId = leaseOf(accountId, writer);
        await credit.take({
          purseId: accountId,
          leaseId,
          gatewayId: "bench",
          neededNano: leaseNano,
          wantedNano: leaseNano,
        });
      }
    }

    let settled = 0;
    const before = await readBytes(db);
    const startedAt = performance.now();
    let running = true;
    async function write(writer: number): Promise<void> {
      const usageWriter = createUsageWriter({ db, author: `gateway:bench-${writer}` });
      while (running && performance.now() - startedAt < seconds * 1_000) {
        const batch = Array.from({ length: batchSize }, () => record(pick(accountIds), writer, price.id));
        await usageWriter.settle(batch);
        settled += batch.length;
      }
    }
    try {
      await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    } finally {
      running = false;
    }
    const recordsPerSecond = settled / ((performance.now() - startedAt) / 1_000);
    const after = await readBytes(db);
    const bytesPerRecord = new Map(
      [...after].map(([part, bytes]) => [part, (bytes - (before.get(part) ?? 0)) / settled]),
    );
    return { recordsPerSecond, bytesPerRecord };
  } finally {
    await database.close();
  }
}

function leaseOf(accountId: string, writer: number): string {
  return `lease_${accountId}_${writer}`;
}

async function readBytes(db: Db): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for (const [part, tables] of Object.entries(tablesOf)) {
    const { rows } = await db.execute<{ heap: string; indexes: string }>(sql`
      select sum(pg_table_size(oid))::text as heap, sum(pg_indexes_size(oid))::text as indexes
      from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ ${`^(${tables})$`}`);
    bytes.set(part, Number(rows[0]?.heap));
    bytes.set(`indexes of ${part}`, Number(rows[0]?.indexes));
  }
  return bytes;
}

function pick(ids: readonly string[]): string {
  return ids[Math.floor(Math.random() * ids.length)] ?? "";
}

function record(accountId: string, writer: number, priceId: string): UsageRecord {
  const promptTokens = 100 + Math.floor(Math.random() * 2_000);
  const totalMs = 200 + Math.floor(Math.random() * 5_000);
  return {
    version: 1,
    requestId: newRequestId(),
    accountId,
    keyId: `${accountId}_key_${Math.floor(Math.random() * keysPerAccount)}`,
    model,
    endpoint: "chat",
    stream: true,
    status: "succeeded",
    finishReason: "stop",
    usage: {
      promptTokens,
      cachedTokens: Math.floor(promptTokens / 4),
      completionTokens: 1 + Math.floor(Math.random() * 500),
      reasoningTokens: 0,
      speechCharacters: 0,
      source: "engine",
    },
    gatewayId: "gw-bench",
    workerId: "worker-1",
    runnerId: "vllm-1",
    attempts: 1,
    failedAttempts: [],
    admittedAtMs: Date.now() - totalMs,
    queueMs: 2,
    ttftMs: 120,
    totalMs,
    billing: { priceId, holds: [{ purseId: accountId, leaseId: leaseOf(accountId, writer) }] },
  };
}
