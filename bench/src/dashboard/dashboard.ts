/**
 * `bench dashboard`: how long the data of each page takes at ten million requests and ten thousand keys, how much a browser loads, and whether the gateway notices live pages.
 *
 * The dashboard, the gateway and the worker are the real ones. Which questions a page asks is seen in a real browser, and asked again as it asked them.
 */
import { ensureChromium, launchChromium, type Stack, startStack, type TestDatabase } from "@tera/testkit";
import { sql } from "drizzle-orm";
import { openPostgres } from "../open-postgres.ts";
import { chooseClient } from "../overhead/choose-client.ts";
import { startFixedEngine } from "../overhead/fixed-engine.ts";
import type { Report } from "../report/report.ts";
import { chatPath } from "../targets/target.ts";
import type { Workbench } from "../workbench.ts";
import { makeDashboardHistory, models } from "./dashboard-history.ts";
import { measureFirstLoad } from "./first-load.ts";
import { measureLivePages } from "./live-pages.ts";
import { type BenchPage, customerPages, ownerPages, type Subject } from "./pages.ts";
import { recordPages } from "./record-pages.ts";
import { replayPage } from "./replay.ts";
import { type DashboardRow, liveRow, pageRow, webRow } from "./rows.ts";
import { inviteVisitor, type Visitor } from "./visitors.ts";

export interface DashboardOptions {
  /** Requests that the history has. */
  events: number;
  keys: number;
  /** Each page once, as it opens from the menu: without filters, orders and last pages. */
  onlyPlain: boolean;
  /** How often each page is asked for. */
  times: number;
  livePages: number;
  /** Of the gateway's latency, with and without live pages. */
  rounds: number;
  seconds: number;
  /** A Postgres of its own, which writes to disk; the workbench's otherwise. */
  ownPostgres: boolean;
  /** Engine and load client in Node, also where nginx and wrk can be had. */
  onlyNode: boolean;
}

const keysPerAccount = 20;
const auditEventsMax = 100_000;
/** The one that uses most. */
const customer = "acct_0";
/** Requests, of which some are drawn at random. */
const drawnFrom = 500_000;

export async function runDashboard(
  workbench: Workbench,
  options: DashboardOptions,
): Promise<Pick<Report<DashboardRow>, "rows" | "setup">> {
  const { say, defer, services } = workbench;
  const { events, keys, onlyPlain, times, livePages, rounds, seconds, ownPostgres, onlyNode } = options;
  await ensureChromium({ log: say });
  const accounts = Math.ceil(keys / keysPerAccount);

  const database = await openDatabase(workbench, ownPostgres);
  say(`making ${events} requests of three months, of ${accounts} accounts with ${keysPerAccount} keys each`);
  const auditEvents = Math.min(auditEventsMax, events);
  await makeDashboardHistory(database.url, { events, accounts, keysPerAccount, auditEvents }, say);

  const engine = await startFixedEngine(workbench, onlyNode);
  const stack = await startStack({
    services: { createDatabase: async () => database, createRedis: () => services.createRedis() },
    dashboard: true,
    fakeRunners: 0,
    externalRunners: [{ id: "engine", url: engine.workerUrl, slots: engine.slots }],
    // The daily check of the ledger would read ten million requests while pages are measured.
    env: { gateway: { TERA_GATEWAY_BACKGROUND: "false" } },
  });
  defer(() => stack.stop());
  await stack.waitForModel(engine.model);
  const owner = await inviteVisitor(stack);
  const member = await inviteVisitor(stack, customer);

  const browser = await launchChromium();
  defer(() => browser.close());
  const rows: DashboardRow[] = [];
  async function measurePages(who: string, visitor: Visitor, all: readonly BenchPage[], account?: string) {
    const pages = onlyPlain ? firstOfEachRoute(all) : all;
    const subjects = await drawSubjects(stack, { count: times + 2, events, accountId: account });
    const [recordedOf, ...others] = subjects;
    if (recordedOf === undefined) throw new Error("the history has no requests");
    say(`opening ${pages.length} pages as ${who}`);
    const recorded = await recordPages(browser, visitor, pages, recordedOf);
    say("asking for their data");
    for (const each of recorded) {
      const timing = await replayPage(each, { visitor, recordedOf, subjects: others });
      const row = pageRow(`${who}: ${each.page.name}`, each.asked.length, timing);
      rows.push(row);
      say(`${row.page}: p50 ${row.p50Ms.toFixed(0)} ms, p95 ${row.p95Ms.toFixed(0)} ms`);
    }
  }
  await measurePages("owner", owner, ownerPages({ accounts, keys: accounts * keysPerAccount }));
  await measurePages("customer", member, customerPages({ keys: keysPerAccount }), customer);

  say("the first load");
  const files = await measureFirstLoad(browser, owner);
  rows.push(webRow(files.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0)));
  await browser.close();

  say(`${livePages} live pages`);
  const client = await chooseClient(workbench, onlyNode);
  const gateway = {
    url: `${stack.gateways[0]?.url}${chatPath}`,
    headers: { authorization: `Bearer ${stack.apiKey}` },
    model: engine.model,
  };
  const direct = { url: engine.url + chatPath, headers: {}, model: engine.model };
  const timing = await measureLivePages({ client, direct, gateway, visitor: owner, pages: livePages, rounds, seconds });
  rows.push(liveRow(livePages, timing));

  return {
    rows,
    setup: [
      `${events} requests, ${accounts} accounts, ${accounts * keysPerAccount} keys, ${models} models`,
      ownPostgres ? "embedded Postgres, fsync on" : "Postgres of the tests",
      `each page ${times} times`,
      `gateway: engine ${engine.program}, client ${client.program}, ${rounds} rounds of ${seconds} s`,
    ],
  };
}

/** It lives as long as the workbench, and longer than the stack that stands on it. */
async function openDatabase(workbench: Workbench, isOwn: boolean): Promise<TestDatabase> {
  const lent = isOwn ? undefined : await workbench.services.createDatabase();
  if (lent !== undefined) workbench.defer(() => lent.drop());
  const { url } = lent ?? (await openPostgres(workbench, "dashboard"));
  return { url, drop: async () => undefined };
}

export function firstOfEachRoute(pages: readonly BenchPage[]): BenchPage[] {
  return [...Map.groupBy(pages, ({ route }) => route).values()].flatMap(([first]) => first ?? []);
}

interface Drawing {
  count: number;
  /** That there are. */
  events: number;
  accountId: string | undefined;
}

/** Of all accounts, or of one: each with a request of a key of it, as it was made. */
async function drawSubjects({ database }: Stack, { count, events, accountId }: Drawing): Promise<Subject[]> {
  // Of a small history all: of each month the same few pages would be sampled, or none.
  const percent = Math.min(100, (100 * drawnFrom) / events);
  const { rows } = await database.db.execute<{
    account: string;
    key: string;
    request: string;
    model: string;
    invoice: string;
  }>(sql`
    select drawn.account_id as account, key_id as key, request_id as request, model, min(invoice.number) as invoice
    from (
      select account_id, key_id, request_id, model from usage_event tablesample system (${percent})
      where ${accountId === undefined ? sql`true` : sql`account_id = ${accountId}`} order by random() limit ${count}
    ) drawn join invoice on invoice.account_id = drawn.account_id
    join account on account.id = drawn.account_id and account.disabled_at is null
    group by 1, 2, 3, 4`);
  return rows.map(({ account, key, request, model, invoice }) => ({
    accountId: account,
    keyId: key,
    requestId: request,
    model,
    invoice,
    // The newest that is completed.
    batchId: `batch_bench_${account.replace("acct_", "")}_2`,
  }));
}
