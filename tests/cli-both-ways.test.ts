/** The command line through the Admin API says what it says beside the database, and whatever it changes is in the audit log both ways. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDashboard, testOrigin, testSecret } from "@tera/dashboard/testing";
import { auditEvent } from "@tera/database";
import { installTestClock } from "@tera/database/testing";
import { createPriceStore, createUsageWriter, openStripe } from "@tera/metering";
import type { WorkerState } from "@tera/protocol";
import {
  answerRunnerAction,
  answerRunnerLogs,
  connectBlockingRedis,
  connectRedis,
  startControlReader,
  startWorkerPresence,
  takeRunnerAction,
} from "@tera/queue";
import { createTestRedis, newUsageRecord, startFakeStripe } from "@tera/testkit";
import { desc } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { createBothWays } from "./support/both-ways.ts";

const [stripe, testRedis] = await Promise.all([startFakeStripe(), createTestRedis()]);
const folder = await mkdtemp(join(tmpdir(), "tera-both-ways-"));
const lines = ["loading", "ready"];
const dashboard = await startTestDashboard({
  payments: await openStripe({ apiKey: "sk_test_1", webhookSecret: undefined, apiUrl: stripe.url }),
  act: () => ({ version: 1, outcome: "accepted" }),
  readLogs: () => ({ version: 1, found: "lines", lines }),
});
const clock = await installTestClock(dashboard.databaseUrl);
const { db } = dashboard;
const url = await dashboard.app.listen({ host: "127.0.0.1", port: 0 });
const remote = { TERA_ADMIN_URL: url, TERA_ADMIN_TOKEN: await dashboard.tokenOf("owner") };
const local = {
  DATABASE_URL: dashboard.databaseUrl,
  REDIS_URL: testRedis.url,
  TERA_SECRET: testSecret,
  TERA_GATEWAY_STRIPE_KEY: "sk_test_1",
  TERA_GATEWAY_STRIPE_URL: stripe.url,
  USER: "ada",
};
const { through, beside, jsonThrough, jsonBeside, expectSame, expectSameEntry } = createBothWays({ remote, local }, db);

const model = "my-org/my-model";
const worker: WorkerState = {
  version: 1,
  workerId: "w1",
  host: "gpu-1",
  startedAtMs: Date.UTC(2026, 10, 1),
  draining: false,
  runners: [
    {
      id: "r1",
      kind: "process",
      engine: "vllm",
      engineVersion: "0.11",
      state: "ready",
      slots: 8,
      busy: 0,
      models: [
        {
          id: model,
          created: 1_700_000_000,
          ownedBy: "my-org",
          contextLength: 32_768,
          inputModalities: ["text"],
          outputModalities: ["text"],
          features: ["tools", "json_mode"],
          samplingParameters: ["temperature", "top_p"],
        },
      ],
    },
    { id: "r2", kind: "http", engine: "sglang", state: "unhealthy", reason: "refused", models: [], slots: 4, busy: 0 },
  ],
  gpus: [{ index: 0, name: "H200", memoryUsedMiB: 1_024, memoryTotalMiB: 144_384 }],
};
const cleanups: (() => Promise<unknown>)[] = [];
const november = Date.UTC(2026, 10, 10, 12);
let prepaid = "";
const postpaid: string[] = [];

beforeAll(async () => {
  await connectWorker();
  await clock.set(new Date(november));
  const validFrom = new Date("2026-01-01T00:00:00Z");
  const price = await createPriceStore({ db }).addPrice({ model, outputNano: 1_000n, author: "test", validFrom });
  prepaid = await dashboard.createAccount("Pre", "prepaid");
  postpaid.push(
    await dashboard.createAccount("Post 1", "postpaid"),
    await dashboard.createAccount("Post 2", "postpaid"),
  );
  await through("credit", "add", prepaid, "50", "--reason", "transfer");
  await createUsageWriter({ db, author: "gateway:g1" }).settle(
    [prepaid, ...postpaid].map((accountId) =>
      newUsageRecord({
        accountId,
        model,
        usage: { promptTokens: 20, completionTokens: 1_000_001 },
        admittedAtMs: november,
        billing: { priceId: price.id, holds: [{ purseId: accountId }] },
      }),
    ),
  );
});
afterAll(async () => {
  await Promise.all(cleanups.map((cleanup) => cleanup()));
  await Promise.all([dashboard.close(), stripe.close(), testRedis.stop(), rm(folder, { recursive: true })]);
});

/** A worker that both see, and that does what it is asked. */
async function connectWorker(): Promise<void> {
  dashboard.workers.push(worker);
  const log = { info: () => undefined, warn: () => undefined };
  const redis = connectRedis(testRedis.url, { name: "test", log });
  await redis.connect();
  const presence = startWorkerPresence({ redis, log, state: () => worker });
  const reader = startControlReader({
    workerId: worker.workerId,
    blockingRedis: connectBlockingRedis(testRedis.url, { name: "test", log }),
    async onMessage(message) {
      if (message.type === "runner_logs") {
        await answerRunnerLogs(redis, worker.workerId, message.token, { version: 1, found: "lines", lines });
      }
      if (message.type !== "runner_action" || !(await takeRunnerAction(redis, worker.workerId, message.token))) return;
      await answerRunnerAction(redis, worker.workerId, message.token, { version: 1, outcome: "accepted" });
    },
    log,
  });
  cleanups.push(async () => {
    await Promise.all([presence.stop(), reader.stop()]);
    redis.disconnect();
  });
  presence.announce();
  await vi.waitFor(async () => expect(await redis.smembers("tera:workers")).toHaveLength(1));
}

async function lastActions(count: number): Promise<string[]> {
  const entries = await db.select().from(auditEvent).orderBy(desc(auditEvent.id)).limit(count);
  return entries.map(({ actorKind, action }) => `${actorKind} ${action}`);
}

/** One that is made through the API, and one beside the database. */
const twice = (...args: string[]): [string[], string[]] => [args, args];

test("keys and accounts", async () => {
  const own = async (...args: string[]) => (await through(...args)).stdout.split("\n").at(-1) ?? "";
  const accounts = [await own("accounts", "create", "--name", "A"), await own("accounts", "create", "--name", "B")];
  const [one = "", two = ""] = accounts;
  await expectSameEntry("account.create", twice("accounts", "create", "--name", "C", "--kind", "prepaid"));
  await expectSameEntry("account.change", [
    ["accounts", "set", one, "--concurrency", "3"],
    ["accounts", "set", two, "--concurrency", "4"],
  ]);
  await expectSameEntry("account.disable", [
    ["accounts", "disable", one],
    ["accounts", "disable", two],
  ]);
  await expectSameEntry("account.enable", [
    ["accounts", "enable", one],
    ["accounts", "enable", two],
  ]);
  await expectSameEntry("key.create", twice("keys", "create", "--name", "k", "--account", one, "--budget-day", "5"));
  const keys = z.array(z.object({ id: z.string() })).parse(await jsonThrough("keys", "list", "--account", one));
  const [{ id: first } = { id: "" }, { id: second } = { id: "" }] = keys;
  for (const [action, ...args] of [
    ["key.change", "set", "--budget-day", "9", "--expires", "30d"],
    ["key.disable", "disable"],
    ["key.enable", "enable"],
    ["key.rotate", "rotate", "--overlap", "24h"],
    ["key.revoke", "revoke", "--yes"],
  ] as const) {
    const [command = "", ...options] = args;
    await expectSameEntry(action, [
      ["keys", command, first, ...options],
      ["keys", command, second, ...options],
    ]);
  }
});

test("credit: its ledger, automatic top-ups, and pages of Stripe's", async () => {
  await expectSameEntry("credit.move", twice("credit", "adjust", prepaid, "1.5", "--reason", "welcome"));
  await expectSameEntry("credit.move", twice("credit", "refund", prepaid, "0.5", "--reason", "back", "--yes"));
  await expectSame("credit", "ledger", prepaid);
  await expectSame("credit", "ledger", prepaid, "--limit", "2");
  await expectSame("credit", "ledger", prepaid, "--before", "3");
  const other = await dashboard.createAccount("Other", "prepaid");
  await expectSameEntry("credit.auto_top_up", [
    ["credit", "auto-top-up", prepaid, "--below", "5", "--amount", "20"],
    ["credit", "auto-top-up", other, "--below", "5", "--amount", "20"],
  ]);
  await expectSame("credit", "auto-top-up", prepaid);
  await expectSameEntry("credit.auto_top_up_off", [
    ["credit", "auto-top-up", prepaid, "--off"],
    ["credit", "auto-top-up", other, "--off"],
  ]);
  await expectSameEntry("credit.checkout", [
    ["credit", "checkout", prepaid, "25"],
    ["credit", "checkout", prepaid, "25", "--return-url", "https://console.example/"],
  ]);
});

test("prices, and what was charged by a wrong one", async () => {
  const amounts = ["--input", "0.1", "--output", "2", "--cache-read", "0.01", "--batch-discount", "12.5%"];
  const from = ["--from", "2026-02-01", "--reason", "typo"];
  await expectSameEntry("price.set", twice("prices", "set", model, ...amounts, ...from));
  await expectSameEntry("price.set", twice("prices", "set", "org/free", "--free"));
  expect((await through("prices", "set", "org/nobody", "--request", "0.000000001")).stderr).toContain(
    "No connected runner serves org/nobody",
  );
  await expectSame("prices", "list");
  await expectSame("prices", "list", model);
  await expectSame("prices", "show", model);
  const period = ["prices", "rerate", model, "--from", "2026-11-01", "--to", "2026-11-30"];
  await expectSame(...period);
  const [first = ""] = postpaid;
  expect((await through("credit", "ledger", first)).stdout).not.toContain("correction");
  const apply = [...period, "--apply", "--yes", "--reason", "typo in the price"];
  expect((await through(...apply)).stdout).toMatch(/^Booked \+\$1\.00\d+ for acct_/m);
  expect((await through("credit", "ledger", first)).stdout).toContain("typo in the price");
  const correct = async (output: string) =>
    through("prices", "set", model, "--input", "0.1", "--output", output, "--from", "2026-02-01");
  await correct("3");
  await through(...apply);
  expect(await lastActions(3)).toEqual(["token price.rerate", "token price.rerate", "token price.rerate"]);
  await correct("4");
  await beside(...apply);
  expect(await lastActions(3)).toEqual(["cli price.rerate", "cli price.rerate", "cli price.rerate"]);
  const said = z.object({ corrections: z.array(z.unknown()), applied: z.literal(true) });
  await correct("5");
  expect(said.parse(await jsonThrough(...apply)).corrections).toHaveLength(3);
  await correct("6");
  expect(said.parse(await jsonBeside(...apply)).corrections).toHaveLength(3);
});

test("models, and what is said of them", async () => {
  await expectSame("models", "list");
  await expectSameEntry("model.change", [
    ["models", "set", model, "--context-length", "8192", "--features", "tools", "--always-listed"],
    ["models", "set", "org/other", "--context-length", "8192", "--features", "tools", "--always-listed"],
  ]);
  await expectSame("models", "list");
  await expectSame("models", "show", model);
  await expectSame("models", "show", "org/other");
  const refused = ["models", "set", model, "--max-output-length", "9000"];
  await expect(through(...refused)).rejects.toThrow("does not fit into a context of 8192");
  await expectSameEntry("model.change", [
    ["models", "unset", model, "features"],
    ["models", "unset", "org/other", "features"],
  ]);
  expect((await through("models", "unset", "org/other")).stdout).toContain("Nothing is set of it any more");
  await expectSame("models", "list");
});

test("runners: seen, asked, and their logs", async () => {
  await expectSame("runners", "list");
  await expectSame("runners", "logs", "r1", "--lines", "2");
  for (const action of ["drain", "resume", "restart", "unload", "load"]) {
    await expectSameEntry(`runner.${action}`, twice("runners", action, "r1"));
  }
});

test("invoices, from who sells to the last payment", async () => {
  await through(
    "invoices",
    "seller",
    "--name",
    "Terawatt",
    "--address",
    "Straße 1\\n10115 Berlin",
    "--tax-rate",
    "19%",
  );
  await expectSameEntry("invoice.seller", [
    ["invoices", "seller", "--due-days", "14", "--payment-note", "IBAN 1"],
    ["invoices", "seller", "--due-days", "21", "--payment-note", "IBAN 2"],
  ]);
  await expectSame("invoices", "seller");
  const [first = "", second = ""] = postpaid;
  await expectSameEntry("invoice.buyer", [
    ["invoices", "buyer", first, "--name", "Łódź Research", "--low-balance", "5"],
    ["invoices", "buyer", second, "--name", "Łódź Research", "--low-balance", "5"],
  ]);
  await expectSame("invoices", "buyer", first);
  await clock.set(new Date("2026-12-05T00:00:00Z"));
  await expectSame("invoices", "run", "--month", "2026-11", "--dry-run");
  const issue = ["invoices", "run", "--month", "2026-11", "--account"];
  await expectSameEntry("invoice.issue", [
    [...issue, first],
    [...issue, second],
  ]);
  await expectSame("invoices", "list", "--month", "2026-11");
  await expectSame("invoices", "show", "2026-000001");
  await expectSame("invoices", "csv", "2026-000001");
  await expectSame("invoices", "statement", prepaid, "--month", "2026-11");
  const file = join(folder, "invoice.pdf");
  await through("invoices", "pdf", "2026-000001", "-o", file);
  expect((await readFile(file)).subarray(0, 5).toString()).toBe("%PDF-");
  await expectSameEntry("invoice.pay_link", twice("invoices", "pay-link", "2026-000001"));
  const pay = (number: string) => ["invoices", "pay", number, "0.5", "--reference", `bank-${number}`];
  await expectSameEntry("invoice.pay", [pay("2026-000001"), pay("2026-000002")]);
  expect((await through(...pay("2026-000001"))).stdout).toContain("was booked before");
  const credit = (number: string) => ["invoices", "credit-note", number, "--amount", "0.25", "--reason", "x", "--yes"];
  await expectSameEntry("invoice.credit", [credit("2026-000001"), credit("2026-000002")]);
  await expectSame("invoices", "list");
  await expectSame("invoices", "show", "2026-000003");
  await expect(through("invoices", "pay-link", "2026-000003")).rejects.toThrow("There is no invoice");
  await expect(through("invoices", "show", "2026-000009")).rejects.toThrow("There is no invoice 2026-000009");
});

test("members, invitations and admin tokens", async () => {
  const links = { ...local, TERA_DASHBOARD_URL: testOrigin };
  const admin = createBothWays({ remote, local: links }, db);
  await dashboard.signIn("viewer");
  await admin.expectSame("admin", "members");
  const invite = (email: string) => ["admin", "invite", "--role", "viewer", "--email", email];
  await admin.expectSameEntry("invitation.create", [invite("a@example.com"), invite("b@example.com")]);
  await admin.expectSameEntry("token.create", twice("admin", "token", "--name", "deploy", "--expires", "30d"));
  const [known] = z.array(z.object({ email: z.string() })).parse(await jsonThrough("admin", "members"));
  await admin.expectSameEntry("member.password_link", twice("admin", "password-link", known?.email ?? ""));
  const shown = await through("admin", "invite", "--role", "member", "--account", prepaid, "--email", "c@example.com");
  expect(shown.stdout).toMatch(new RegExp(`^${testOrigin}/invite#[\\w-]+$`));
  await expect(through("admin", "invite")).rejects.toThrow("name it with --email");
  await expect(through("admin", "password-link", "nobody@example.com")).rejects.toThrow("is no member");
});
