import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { runForTest } from "../../testing/run-cli.ts";
import { checkDataDirectory, checkDisk, checkNode, checkPort, checkRedisProgram } from "../doctor/check-machine.ts";
import { checkPostgres } from "../doctor/check-postgres.ts";

const [testDatabase, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
const directory = await mkdtemp(join(tmpdir(), "tera-doctor-"));
afterAll(async () => {
  await Promise.all([testDatabase.drop(), redis.stop(), rm(directory, { recursive: true })]);
});

const reportSchema = z.object({
  ok: z.boolean(),
  findings: z.array(z.object({ check: z.string(), status: z.string(), found: z.string(), fix: z.string().optional() })),
});
async function examine(dataDir: string | undefined, environment: NodeJS.ProcessEnv) {
  const flags = dataDir === undefined ? [] : ["--data-dir", dataDir];
  const { exitCode, stdout } = await runForTest(["doctor", "--json", ...flags], { environment });
  const report = reportSchema.parse(JSON.parse(stdout));
  return { exitCode, ...report, find: (check: string) => report.findings.find((finding) => finding.check === check) };
}

test("where no stack runs, doctor says so and how to start one, and skips what it cannot see", async () => {
  const { find, findings } = await examine(join(directory, "none"), { PATH: process.env["PATH"] });
  expect(find("api")).toMatchObject({ status: "warning", fix: "Start one: npm start" });
  expect(find("postgres")?.status).toBe("skipped");
  expect(find("redis")?.status).toBe("skipped");
  expect(find("node")?.status).toBe("ok");
  for (const { status, fix } of findings) expect(fix !== undefined).toBe(status === "warning" || status === "broken");
});

test("a stack that was killed is not taken for one that runs", async () => {
  const stack = { pid: 2 ** 22 + 1, api: "http://127.0.0.1:1/v1", databaseUrl: testDatabase.url, redisUrl: redis.url };
  await writeFile(join(directory, "stack.json"), JSON.stringify({ ...stack, pids: {} }));
  expect((await examine(directory, {})).find("api")?.status).toBe("warning");
});

test("the stack that runs on a data directory is examined through it", async () => {
  const gateway = createServer((_request, response) => response.writeHead(401, { "x-tera-request-id": "req_1" }).end());
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const address = gateway.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const stack = {
    pid: process.pid,
    api: `http://127.0.0.1:${port}/v1`,
    databaseUrl: testDatabase.url,
    redisUrl: redis.url,
    pids: {},
  };
  await writeFile(join(directory, "stack.json"), JSON.stringify(stack));
  const healthy = await examine(directory, {});
  for (const check of ["api", "postgres", "tables", "redis"]) expect(healthy.find(check)?.status).toBe("ok");
  expect(healthy.find("port")).toBeUndefined();
  // No worker reports to this Redis.
  expect(healthy).toMatchObject({ ok: false, exitCode: 1 });
  expect(healthy.find("runners")?.status).toBe("broken");

  gateway.close();
  await once(gateway, "close");
  expect((await examine(directory, {})).find("api")).toMatchObject({ status: "broken", fix: expect.any(String) });
});

test("servers that do not answer are broken, each with its own fix, and no password is shown", async () => {
  const { exitCode, find } = await examine(undefined, {
    DATABASE_URL: "postgres://tera:hunter2@127.0.0.1:1/tera",
    REDIS_URL: "redis://:hunter2@127.0.0.1:1",
  });
  expect(exitCode).toBe(1);
  expect(find("postgres")).toMatchObject({ status: "broken", found: expect.stringContaining("ECONNREFUSED") });
  expect(find("redis")).toMatchObject({ status: "broken", found: expect.stringContaining("127.0.0.1:1") });
  expect(JSON.stringify([find("postgres"), find("redis")])).not.toContain("hunter2");
});

test("a wrong environment is a finding, not a crash", async () => {
  const { exitCode, find } = await examine(undefined, { DATABASE_URL: "mysql://x", TERA_SECRETS: "x" });
  expect(exitCode).toBe(1);
  expect(find("environment")).toMatchObject({ status: "broken", found: expect.stringContaining("TERA_SECRET") });
});

test("usage that lies in no month is told, and so is a user who may not take the application's role", async () => {
  const lent = await createTestDatabase();
  const client = new pg.Client({ connectionString: lent.url });
  await client.connect();
  await client.query(`insert into usage_event
    (request_id, account_id, key_id, model, endpoint, stream, status, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, usage_source, gateway_id, attempts, admitted_at, total_ms)
    values ('req_1', 'a', 'k', 'm', 'chat', true, 'succeeded', 1, 0, 1, 0, 0, 'engine', 'g', 1, '1999-01-01Z', 1)`);
  await client.query("revoke update on purse from tera_app");
  await client.end();
  const findings = await checkPostgres(lent.url);
  expect(findings).toMatchObject([
    { check: "postgres" },
    { check: "tables", status: "ok" },
    { check: "append-only", status: "warning", fix: expect.stringContaining("GRANT tera_app") },
    { check: "usage months", status: "warning", found: expect.stringContaining("1 usage event") },
  ]);
  await lent.drop();
});

test("a database without tables, and one that a newer version migrated, are told apart", async () => {
  const client = new pg.Client({ connectionString: testDatabase.url });
  await client.connect();
  await client.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9999999999999)");
  const newer = await checkPostgres(testDatabase.url);
  await client.query("drop schema drizzle cascade");
  const empty = await checkPostgres(testDatabase.url);
  await client.end();
  expect(newer[1]).toMatchObject({ check: "tables", status: "broken", found: expect.stringContaining("newer") });
  expect(empty[1]).toMatchObject({ check: "tables", status: "broken", found: expect.stringMatching(/^0 of/) });
});

test("the machine's checks tell good from bad", async () => {
  expect(checkNode("20.1.0").status).toBe("broken");
  expect(checkNode("26.10.0").status).toBe("ok");
  expect((await checkDisk(join(directory, "not", "there"))).found).toMatch(/GiB free/);
  expect((await checkDataDirectory(directory)).status).toBe("ok");
  await writeFile(join(directory, "file"), "");
  expect((await checkDataDirectory(join(directory, "file"))).status).toBe("broken");
  expect((await checkDataDirectory(tmpdir())).status).toBe("warning");
  expect((await checkRedisProgram(process.env["PATH"])).status).toBe("ok");

  const taken = createServer();
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  expect(await checkPort(port)).toMatchObject({ status: "broken", found: expect.stringContaining("EADDRINUSE") });
  taken.close();
  await once(taken, "close");
  expect((await checkPort(port)).status).toBe("ok");
});

test("the ledger is checked on request: a line for each invariant that holds, the rows where one does not", async () => {
  const ledgerDatabase = await createTestDatabase();
  const environment = { DATABASE_URL: ledgerDatabase.url };
  const whole = await runForTest(["doctor", "--ledger", "--json"], { environment });
  expect(whole.exitCode).toBe(0);
  const { ok, findings } = reportSchema.parse(JSON.parse(whole.stdout));
  expect(ok).toBe(true);
  expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual(
    [1, 2, 3, 4, 5, 6, 8].map((invariant) => `ledger ${invariant} ${invariant === 6 ? "skipped" : "ok"}`),
  );

  const client = new pg.Client({ connectionString: ledgerDatabase.url });
  await client.connect();
  await client.query("insert into account (id, name, kind) values ('acct_x', 'x', 'prepaid')");
  await client.query("update purse set balance_nano = 5 where id = 'acct_x'");
  await client.query(`insert into engine_count values ('w1', 'r1', now() - interval '40 minutes', 'completion', now() - interval '20 minutes', 'vllm', 'gpu:8000',
    900, 900, 400, 400, 380, 380, 20)`);
  await client.end();
  const broken = await runForTest(["doctor", "--ledger"], { environment });
  await ledgerDatabase.drop();
  expect(broken.exitCode).toBe(1);
  expect(broken.stdout).toMatch(/ledger 1: 1 found: balances have no ledger/);
  expect(broken.stdout).toContain("account acct_x has 5 nano-USD and no ledger");
  expect(broken.stdout).toMatch(/warning.*ledger 6: 1 found: stretches of time in which an engine made more tokens/);
  expect(broken.stdout).toMatch(
    /worker w1, runner r1 \(vllm\), .*: \+500 completion tokens\. Its counter grew by 900; heard in answers: 380, and 20 of canaries; booked: 0/,
  );
  expect(broken.stdout).toMatch(/broken.*ledger 6: 1 found: stretches of time in which more tokens were served/);
});
