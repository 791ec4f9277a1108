/** The command line through the Admin API, against the real dashboard on a real database: the same answers as beside the database, and helpful ones where there are none. */
import { execFile } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createAuthenticator, createKeyStore } from "@tera/access";
import { type CliRun, runForTest } from "@tera/cli/testing";
import { startTestDashboard, testSecret } from "@tera/dashboard/testing";
import { auditEvent } from "@tera/database";
import { createPriceStore } from "@tera/metering";
import { TeraError } from "@tera/protocol";
import { desc } from "drizzle-orm";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
const url = await dashboard.app.listen({ host: "127.0.0.1", port: 0 });
const ownerToken = await dashboard.tokenOf("owner");
const remote = { TERA_ADMIN_URL: url, TERA_ADMIN_TOKEN: ownerToken };
const local = { DATABASE_URL: dashboard.databaseUrl, TERA_SECRET: testSecret };
const main = fileURLToPath(import.meta.resolve("@tera/cli"));
const acme = await dashboard.createAccount("Acme");

/** Through the Admin API. */
const run = (...args: string[]) => runForTest(args, { environment: remote });

async function succeed(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...args);
  expect([exitCode, stderr.startsWith("tera: ")], stderr).toEqual([0, false]);
  return stdout;
}

async function refusalOf(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runForTest(args, { environment });
  expect([exitCode, stdout]).toEqual([1, ""]);
  return stderr;
}

const madeSchema = z.object({ apiKey: z.string(), id: z.string() });
async function makeKey(...args: string[]) {
  const text = await succeed("keys", "create", "--name", "made", "--account", acme, "--json", ...args);
  return madeSchema.parse(JSON.parse(text));
}

const auditOf = async (count: number) =>
  dashboard.db.select().from(auditEvent).orderBy(desc(auditEvent.id)).limit(count);

async function opens(apiKey: string): Promise<boolean> {
  const keyStore = createKeyStore({ db: dashboard.db, secret: testSecret });
  const { authenticate } = createAuthenticator({ keyStore, secret: testSecret });
  try {
    await authenticate(apiKey);
    return true;
  } catch (error) {
    if (error instanceof TeraError) return false;
    throw error;
  }
}

test("a key that is made opens the API, and the audit log names the token", async () => {
  const { apiKey, id } = await makeKey("--budget-day", "5", "--concurrency", "8", "--class", "low", "--expires", "30d");
  expect(await opens(apiKey)).toBe(true);
  const [entry] = await auditOf(1);
  expect(entry).toMatchObject({ action: "key.create", objectId: id, actorKind: "token", actorName: "test" });
});

test("what is shown is what it is beside the database", async () => {
  const { id } = await makeKey("--budget-month", "12.000000001", "--model", "a/one", "--address", "203.0.113.0/24");
  await succeed("keys", "rotate", id, "--overlap", "30m");
  const other = (
    await succeed("accounts", "create", "--name", "Other", "--kind", "postpaid", "--concurrency", "3")
  ).trim();
  await succeed("credit", "add", acme, "7.000000001", "--reason", "transfer");
  for (const args of [
    ["keys", "list"],
    ["keys", "list", "--account", acme],
    ["keys", "show", id],
    ["accounts", "list"],
    ["accounts", "show", acme],
    ["accounts", "show", other],
    ["credit", "show", acme],
  ]) {
    const [through, beside] = [remote, local].map((environment) => runForTest(args, { environment }));
    expect(await through, args.join(" ")).toEqual(await beside);
    expect((await through)?.exitCode, (await through)?.stderr).toBe(0);
    const json = [remote, local].map(async (environment): Promise<unknown> => {
      const { stdout } = await runForTest([...args, "--json"], { environment });
      return JSON.parse(stdout);
    });
    expect(await json[0], args.join(" ")).toEqual(await json[1]);
  }
});

test("a key is changed, closed, opened, rotated and revoked, and the gateways are told", async () => {
  const { id, apiKey } = await makeKey();
  dashboard.told.length = 0;
  expect(await succeed("keys", "set", id, "--name", "renamed", "--budget-total", "9", "--expires", "none")).toContain(
    "Set name, expires, budget-total",
  );
  expect(JSON.parse(await succeed("keys", "show", id, "--json"))).toMatchObject({
    name: "renamed",
    budgetTotalUsd: "9",
  });
  await succeed("keys", "disable", id);
  expect(await opens(apiKey)).toBe(false);
  await succeed("keys", "enable", id);
  const successor = await succeed("keys", "rotate", id, "--overlap", "0");
  expect([await opens(apiKey), await opens(successor)]).toEqual([false, true]);
  const said = await succeed("keys", "revoke", id, "--yes", "--end-streams", "--json");
  expect(JSON.parse(said)).toMatchObject({ status: "revoked", gatewaysTold: true });
  expect(dashboard.told.at(-1)).toEqual({ type: "key", keyId: id, end: "all" });
  expect(dashboard.told.length).toBeGreaterThanOrEqual(5);
  const actions = (await auditOf(5)).map(({ action, actorKind }) => `${actorKind} ${action}`);
  expect(actions).toEqual(
    ["key.revoke", "key.rotate", "key.enable", "key.disable", "key.change"].map((action) => `token ${action}`),
  );
});

test("accounts are changed, closed and opened", async () => {
  const id = (await succeed("accounts", "create", "--name", "Changing", "--kind", "prepaid")).trim();
  await succeed("accounts", "set", id, "--kind", "postpaid", "--requests-per-minute", "60");
  const disabled = JSON.parse(await succeed("accounts", "disable", id, "--json"));
  expect(disabled).toMatchObject({
    kind: "postpaid",
    requestsPerMinuteMax: 60,
    status: "disabled",
    gatewaysTold: true,
  });
  expect(await succeed("accounts", "enable", id)).toContain("Enabled");
});

test("credit is booked once for a reference, exactly, by the token", async () => {
  const id = (await succeed("accounts", "create", "--name", "Paying", "--kind", "prepaid")).trim();
  const add = ["credit", "add", id, "0.000000001", "--reason", "transfer", "--reference", "r-1", "--json"];
  const moved = z.object({ booked: z.boolean(), balance: z.string(), ledgerTransactionId: z.string().nullable() });
  const first = moved.parse(JSON.parse(await succeed(...add)));
  expect(first).toMatchObject({ booked: true, balance: "0.000000001" });
  expect(first.ledgerTransactionId).toMatch(/^\d+$/);
  expect(JSON.parse(await succeed(...add))).toMatchObject({ booked: false, ledgerTransactionId: null });
  expect(await refusalOf(remote, "credit", "refund", id, "5", "--reason", "x", "--yes")).toMatch(
    /has 0\.000000001 USD available, which is less\. Nothing was booked/,
  );
});

test("what the API refuses is a sentence that helps", async () => {
  const { id } = await makeKey();
  await succeed("keys", "rotate", id);
  expect(await refusalOf(remote, "keys", "rotate", id)).toMatch(/^tera: 127\.0\.0\.1:\d+: It was rotated before/);
  expect(await refusalOf(remote, "keys", "show", `${id.slice(0, -1)}_`)).toContain(`Did you mean ${id}?`);
  expect(await refusalOf(remote, "accounts", "show", "acct_nobody")).toContain("There is no account acct_nobody");

  const viewer = { ...remote, TERA_ADMIN_TOKEN: await dashboard.tokenOf("viewer") };
  expect(await refusalOf(viewer, "keys", "disable", id)).toMatch(
    /permission keys:write.*Use a token of a role that may/,
  );
  const customer = { ...remote, TERA_ADMIN_TOKEN: await dashboard.tokenOf("member", acme) };
  const theirs = await runForTest(["accounts", "list", "--json"], { environment: customer });
  expect(
    z
      .array(z.object({ id: z.string() }))
      .parse(JSON.parse(theirs.stdout))
      .map((each) => each.id),
  ).toEqual([acme]);
  expect(await refusalOf({ ...remote, TERA_ADMIN_TOKEN: "tera-admin-wrong" }, "keys", "list")).toMatch(
    /does not take the token in TERA_ADMIN_TOKEN.*tera admin token/,
  );
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

const serve = (answer: RequestListener) => listen(createServer(answer));
const at = (address: string, scheme = "http") => ({ ...remote, TERA_ADMIN_URL: `${scheme}://${address}` });

test("what is no Admin API, or cannot be reached or trusted, is a sentence that helps", async () => {
  const page = await serve((_request, response) => response.end("<html>"));
  expect(await refusalOf(at(page), "keys", "list")).toMatch(/is no Admin API of Tera \(HTTP 200\)/);
  let headers: unknown;
  const elsewhere = await serve((request, response) => {
    headers = request.headers;
    response.end();
  });
  const moved = await serve((_request, response) =>
    response.writeHead(308, { location: `http://${elsewhere}/` }).end(),
  );
  expect(await refusalOf(at(moved), "keys", "list")).toContain(`HTTP 308, which points to http://${elsewhere}/`);
  expect(headers).toBeUndefined();
  const closing = await serve((request) => request.socket.destroy());
  expect(await refusalOf(at(closing), "keys", "list")).toMatch(/does not answer \(.+\): check the URL/);
  expect(await refusalOf(at("127.0.0.1:1"), "keys", "list")).toMatch(/does not answer \((ECONNREFUSED|bad port)\)/);
  expect(await refusalOf(at(page, "https"), "keys", "list")).toMatch(/does not speak TLS as it should/);
  expect(await refusalOf(at("tera.example.com"), "keys", "list")).toContain("use https://");
});

test("a change that got no answer is not said to be undone", async () => {
  let asked = 0;
  const closing = await serve((request, response) => {
    if (request.method !== "GET") return request.socket.destroy();
    asked++;
    void fetch(`${url}${request.url}`, { headers: { authorization: `Bearer ${ownerToken}` } }).then(async (answer) =>
      response.end(await answer.text()),
    );
  });
  const said = await refusalOf(at(closing), "credit", "add", acme, "1", "--reason", "x");
  expect(said).toContain("look before you repeat it");
  expect(asked).toBe(1);
});

test("a shell completes ids through the API, and none where it does not answer", async () => {
  const { id } = await makeKey();
  const price = { model: "org/priced", outputNano: 1n, author: "test", validFrom: new Date("2026-11-01Z") };
  const { id: priceId } = await createPriceStore({ db: dashboard.db }).addPrice(price);
  const offered = async (environment: NodeJS.ProcessEnv, ...words: string[]) => {
    const env = { PATH: process.env["PATH"], ...environment };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, "complete", "--", ...words], { env });
    expect(stderr).toBe("");
    return stdout.split("\n").flatMap((line) => (line.startsWith(":") || line === "" ? [] : [line.split("\t")]));
  };
  expect(await offered(remote, "keys", "show", id.slice(0, -2))).toEqual([[id, "made"]]);
  expect(await offered(remote, "credit", "add", acme.slice(0, -2))).toEqual([[acme, "Acme"]]);
  expect(await offered(remote, "models", "show", "org/pri")).toEqual([["org/priced", ""]]);
  const prices = await offered(remote, "prices", "rerate", "org/priced", "--price", "price_");
  expect(prices).toEqual([[priceId, "org/priced from 2026-11-01"]]);
  const { TERA_ADMIN_URL: _url, ...tokenOnly } = remote;
  expect(await offered(tokenOnly, "keys", "show", "--url", url, id)).toEqual([[id, "made"]]);
  expect(await offered(at("127.0.0.1:1"), "keys", "show", "")).toEqual([]);
  expect(await offered({ ...remote, TERA_ADMIN_TOKEN: "tera-admin-wrong" }, "keys", "show", "")).toEqual([]);
});

test("which installation is meant is never guessed", async () => {
  const { TERA_ADMIN_URL: _url, ...tokenOnly } = remote;
  const named: CliRun = await runForTest(["keys", "list", "--json", "--url", url], { environment: tokenOnly });
  expect(named.exitCode, named.stderr).toBe(0);
  expect(await refusalOf({ TERA_ADMIN_URL: url }, "keys", "list")).toContain("TERA_ADMIN_TOKEN is not set");
  expect(await refusalOf(remote, "keys", "list", "--url", url, "--data-dir", "x")).toContain("exclude each other");
  expect(await refusalOf({ ...remote, TERA_ADMIN_TOKEN: "sk-tera-x" }, "keys", "list")).toContain("TERA_ADMIN_TOKEN");
  expect(await refusalOf(remote, "usage", "retention")).toMatch(
    /needs the database.*run it on the server.*unset TERA_ADMIN_URL/,
  );
  expect(await refusalOf(tokenOnly, "usage", "retention", "--url", url)).toContain("needs the database");
  expect(await refusalOf(remote, "keys", "revoke", "key_x", "--no-end-waiting", "--yes")).toContain("There is no key");
});
