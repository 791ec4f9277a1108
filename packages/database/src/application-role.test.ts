import { createTestDatabase, type TestDatabase } from "@tera/database/testing";
import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "./connect.ts";
import { inspectDatabase, migrateDatabase } from "./migrate.ts";

const log = { info: () => undefined };
let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
  await database.db.execute(sql`insert into account (id, name, kind) values ('acct_1', 'one', 'prepaid')`);
  await database.db.execute(sql`select move_credit('acct_1', 'top_up', 'cash', 5, 'test', 'test', null)`);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

test("the connections of Tera's own programs have the role", async () => {
  expect((await inspectDatabase(testDatabase.url)).applicationRole).toBe("used");
  const { rows } = await database.db.execute(sql`select current_user, session_user`);
  expect(rows).toEqual([{ current_user: "tera_app", session_user: "tera" }]);
});

const appendOnly = [
  "ledger_transaction",
  "ledger_entry",
  "usage_event",
  "usage_event_default",
  "price",
  "usage_month_dropped",
  "usage_correction",
  "invoice",
  "invoice_line",
  "invoice_payment",
  "account_kind_change",
  "audit_event",
];
test.each(appendOnly)("%s can be read and added to, and nothing else", async (table) => {
  const ask = (statement: string) => database.db.execute(sql.raw(statement));
  const refused = { cause: { code: "42501" } };
  const column = await firstColumn(table);
  await ask(`select ${column} from ${table} limit 1`);
  await expect(ask(`update ${table} set ${column} = ${column}`)).rejects.toMatchObject(refused);
  await expect(ask(`delete from ${table}`)).rejects.toMatchObject(refused);
  await expect(ask(`truncate ${table} cascade`)).rejects.toMatchObject(refused);
  await expect(ask(`alter table ${table} disable trigger all`)).rejects.toMatchObject(refused);
  await expect(ask(`alter table ${table} add column more int`)).rejects.toMatchObject(refused);
  await expect(ask(`drop table ${table} cascade`)).rejects.toMatchObject(refused);
  const triggers = await ask(`select tgname from pg_trigger where tgrelid = '${table}'::regclass and not tgisinternal`);
  expect(triggers.rows).not.toEqual([]);
  for (const { tgname } of triggers.rows) {
    await expect(ask(`drop trigger ${String(tgname)} on ${table}`)).rejects.toMatchObject(refused);
  }
});

test("every table that refuses changes is one of those", async () => {
  const { rows } = await database.db.execute<{ name: string }>(
    sql`select distinct c.relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where t.tgfoid = 'refuse_change'::regproc and (not c.relispartition or c.relname = 'usage_event_default')`,
  );
  expect(rows.map(({ name }) => name).toSorted()).toEqual(appendOnly.toSorted());
});

test("the functions of the ledger cannot be replaced, and triggers cannot be kept from running", async () => {
  const refused = { cause: { code: "42501" } };
  const ask = (statement: string) => database.db.execute(sql.raw(statement));
  await expect(
    ask("create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'"),
  ).rejects.toMatchObject(refused);
  await expect(ask("set session_replication_role = replica")).rejects.toMatchObject(refused);
});

test("a month made later is as closed, and takes rows", async () => {
  await database.db.execute(sql`select ensure_usage_month('2031-05-01Z')`);
  const refused = { cause: { code: "42501" } };
  await expect(database.db.execute(sql`delete from usage_event_203105`)).rejects.toMatchObject(refused);
  await expect(database.db.execute(sql`drop table usage_event_203105`)).rejects.toMatchObject(refused);
  await database.db.execute(sql`insert into usage_event
    (request_id, account_id, key_id, model, endpoint, stream, status, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, usage_source, gateway_id, attempts, admitted_at, total_ms)
    values ('req_1', 'acct_1', 'k', 'm', 'chat', true, 'succeeded', 1, 0, 1, 0, 0, 'engine', 'g', 1, '2031-05-02Z', 1)`);
  const { rows } = await database.db.execute(sql`select tableoid::regclass::text as month from usage_event`);
  expect(rows).toEqual([{ month: "usage_event_203105" }]);
});

test("a user that owns the tables and may not make roles does without, until somebody gives it the role", async () => {
  const { url, asAdmin, drop } = await createDatabaseOfPlainUser();
  await migrateDatabase(url, { log });
  expect((await inspectDatabase(url)).applicationRole).toBe("refused");
  expect(await currentUser(url)).toBe("tera_plain");
  await asAdmin("grant tera_app to tera_plain");
  await migrateDatabase(url, { log });
  expect((await inspectDatabase(url)).applicationRole).toBe("used");
  expect(await currentUser(url)).toBe("tera_app");
  await drop();
});

test("a gateway's own user, who has the role and owns nothing, starts on a database that is up to date, and gets at nothing more", async () => {
  await query(testDatabase.url, "create role tera_gateway login password 'x' in role tera_app");
  const url = new URL(testDatabase.url);
  url.username = "tera_gateway";
  url.password = "x";
  await migrateDatabase(url.href, { log });
  expect((await inspectDatabase(url.href)).applicationRole).toBe("used");
  await expect(query(url.href, "reset role; delete from ledger_entry")).rejects.toMatchObject({ code: "42501" });
  await query(testDatabase.url, "drop role tera_gateway");
});

async function firstColumn(table: string): Promise<string> {
  const { rows } = await database.db.execute<{ name: string }>(
    sql`select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum = 1`,
  );
  return rows[0]?.name ?? "";
}

async function currentUser(url: string): Promise<unknown> {
  const connected = connectDatabase({ url, name: "test" });
  const { rows } = await connected.db.execute(sql`select current_user as name`);
  await connected.close();
  return rows[0]?.["name"];
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** As managed databases have it: a user that owns its database, and no more. */
async function createDatabaseOfPlainUser() {
  const lent = await createTestDatabase();
  const asAdmin = (statement: string) => query(lent.url, statement);
  await asAdmin("drop schema public cascade; drop schema drizzle cascade; create role tera_plain login password 'x'");
  await asAdmin("create schema public authorization tera_plain; grant create on schema public to tera_plain");
  const name = new URL(lent.url).pathname.slice(1);
  await asAdmin(`alter database ${name} owner to tera_plain`);
  const url = new URL(lent.url);
  url.username = "tera_plain";
  url.password = "x";
  return {
    url: url.href,
    asAdmin,
    async drop() {
      await lent.drop();
      await query(testDatabase.url, "drop role tera_plain");
    },
  };
}
