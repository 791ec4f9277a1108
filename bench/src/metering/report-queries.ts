/** Reports on a database that holds `makeUsageHistory`: each asked many times, of accounts, keys and requests drawn at random. */
import { connectDatabase, type Db } from "@tera/database";
import { createLedgerStore, createSpendStore, createUsageReports, readStatement } from "@tera/metering";
import { sql } from "drizzle-orm";
import { percentile } from "../statistics.ts";
import { rareModel, type UsageHistory } from "./usage-history.ts";

export interface ReportTiming {
  report: string;
  p95Ms: number;
}

const dayMs = 86_400_000;

interface Subject {
  accountId: string;
  keyId: string;
  model: string;
  requestId: string;
  /** Somewhere in the three months. */
  moment: Date;
}

/** What a dashboard asks. @param times how often each is asked. */
export function measureReports(url: string, history: UsageHistory, times: number): Promise<ReportTiming[]> {
  return measure(url, history, times, reportsOf);
}

/** What is made once for a month and proven from its requests. */
export function measureStatements(url: string, history: UsageHistory, times: number): Promise<ReportTiming[]> {
  return measure(url, history, times, (db, to) => ({
    "an account's statement of a month": ({ accountId }) =>
      readStatement(db, { accountId, month: new Date(to.getTime() - dayMs).toISOString().slice(0, 7) }),
  }));
}

type Questions = Record<string, (subject: Subject) => Promise<unknown>>;

async function measure(
  url: string,
  history: UsageHistory,
  times: number,
  questionsOf: (db: Db, to: Date) => Questions,
): Promise<ReportTiming[]> {
  // One connection, as a command has; the first question of each kind is not counted.
  const database = connectDatabase({ url, name: "tera-bench", poolSizeMax: 1, statementTimeoutMs: 120_000 });
  try {
    const { db } = database;
    const subjects = await drawSubjects(db, history, times + 1);
    const timings: ReportTiming[] = [];
    for (const [report, ask] of Object.entries(questionsOf(db, await endOf(db)))) {
      const tookMs: number[] = [];
      for (const [index, subject] of subjects.entries()) {
        const startedAt = performance.now();
        await ask(subject);
        if (index > 0) tookMs.push(performance.now() - startedAt);
      }
      timings.push({ report, p95Ms: percentile(tookMs, 0.95) });
    }
    return timings;
  } finally {
    await database.close();
  }
}

function reportsOf(db: Db, to: Date): Questions {
  const reports = createUsageReports({ db });
  const ledger = createLedgerStore({ db });
  const spends = createSpendStore({ db });
  const since = (days: number) => ({ from: new Date(to.getTime() - days * dayMs), to });
  // From some hour on, as somebody who asks for the last 30 days does.
  const month = {
    from: new Date(to.getTime() - 30 * dayMs - 9 * 3_600_000),
    to: new Date(to.getTime() - 9 * 3_600_000),
  };
  return {
    "everybody by day, 30 days": () => reports.summarize(month, "day", 100),
    "everybody by model, 30 days": () => reports.summarize(month, "model", 100),
    "everybody by account, 30 days": () => reports.summarize(month, "account", 100),
    "everybody by key, 30 days": () => reports.summarize(month, "key", 100),
    "everybody, 30 days": () => reports.total(month),
    "everybody by hour, 1 day": () => reports.summarize(since(1), "hour", 100),
    "a model by day, 30 days": ({ model }) => reports.summarize({ model, ...month }, "day", 100),
    "an account by key, 30 days": ({ accountId }) => reports.summarize({ accountId, ...month }, "key", 100),
    "an account by hour, 7 days": ({ accountId }) => reports.summarize({ accountId, ...since(7) }, "hour", 200),
    "a key by day, 30 days": ({ keyId }) => reports.summarize({ keyId, ...month }, "day", 100),
    "a key by model, 30 days": ({ keyId }) => reports.summarize({ keyId, ...month }, "model", 100),
    "spent by each key of an account": ({ accountId }) => spends.byKey(accountId),
    "last 100 requests of all": () => reports.lastRequests({}, 100),
    "100 requests of all before a moment": ({ moment }) => reports.lastRequests({ to: moment }, 100),
    "last 100 failed of all": () => reports.lastRequests({ status: "failed" }, 100),
    "last 100 requests of a model": ({ model }) => reports.lastRequests({ model }, 100),
    "last 100 requests of a rare model": () => reports.lastRequests({ model: rareModel }, 100),
    "last 100 failed of a rare model": () => reports.lastRequests({ model: rareModel, status: "failed" }, 100),
    "last 100 requests of an account": ({ accountId }) => reports.lastRequests({ accountId }, 100),
    "100 requests of an account before a moment": ({ accountId, moment }) =>
      reports.lastRequests({ accountId, to: moment }, 100),
    "last 100 requests of an account for a model": ({ accountId, model }) =>
      reports.lastRequests({ accountId, model }, 100),
    "last 100 requests of an account for a rare model": ({ accountId }) =>
      reports.lastRequests({ accountId, model: rareModel }, 100),
    "last 100 failed of an account": ({ accountId }) => reports.lastRequests({ accountId, status: "failed" }, 100),
    "last 100 requests of a key": ({ keyId }) => reports.lastRequests({ keyId }, 100),
    "last 100 requests of a key for a rare model": ({ keyId }) =>
      reports.lastRequests({ keyId, model: rareModel }, 100),
    "last 100 failed of a key": ({ keyId }) => reports.lastRequests({ keyId, status: "failed" }, 100),
    "a request by its id": ({ requestId }) => reports.findRequest(requestId),
    "an account's balance": ({ accountId }) => ledger.balance(accountId),
    "an account's last 100 postings": ({ accountId }) => ledger.list({ accountId, limit: 100 }),
    "100 postings of an account before one": ({ accountId }) => ledger.list({ accountId, limit: 100, before: 500n }),
  };
}

async function endOf(db: Db): Promise<Date> {
  const { rows } = await db.execute<{ at: string }>(
    sql`select to_char(date_trunc('month', now() at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at`,
  );
  return new Date(rows[0]?.at ?? "");
}

async function drawSubjects(db: Db, history: UsageHistory, count: number): Promise<Subject[]> {
  const { accounts, keysPerAccount, models } = history;
  const { rows } = await db.execute<{ id: string; at: string }>(
    sql`select request_id as id, extract(epoch from admitted_at)::text as at from usage_event tablesample system (0.5) order by random() limit ${count}`,
  );
  return rows.map(({ id, at }) => {
    const account = draw(accounts);
    return {
      accountId: `acct_${account}`,
      keyId: `key_${account}_${draw(keysPerAccount)}`,
      model: `bench/model-${draw(models)}`,
      requestId: id,
      moment: new Date(Number(at) * 1_000),
    };
  });
}

function draw(below: number): number {
  return Math.floor(Math.random() * below);
}
