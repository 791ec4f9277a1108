/** Each month of each account is invoiced once, whatever dies or comes late. On a real Postgres, whose clock the test sets. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { invoice, invoiceSeries, ledgerTransaction } from "@tera/database";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { charge, december, startInvoiceWorld } from "../../testing/invoice-world.ts";
import { checkLedger } from "../check-ledger.ts";
import { toUsageRow } from "../usage-row.ts";
import { runInvoices } from "./invoice-run.ts";

const world = await startInvoiceWorld();
const { db, clock, use, issue, run, balance } = world;
beforeEach(world.begin);
afterAll(world.close);

test("runs that are repeated, and many at once, issue each invoice once, numbered without a gap", async () => {
  const others = [world.accountId];
  await use(1);
  for (let more = 0; more < 4; more++) {
    others.push(await world.addAccount());
    await use(1);
  }
  await clock.set(december);
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => runInvoices(db, { month: "2026-11", author: "test" })),
  );
  const issued = runs.flatMap((report) => report.issued.map((each) => each.accountId));
  expect(issued.toSorted()).toEqual(others.toSorted());
  expect((await runInvoices(db, { month: "2026-11", author: "test" })).issued).toEqual([]);
  const all = await db.select().from(invoice).orderBy(invoice.seq);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
  const [series] = await db.select().from(invoiceSeries);
  expect(series).toEqual({ year: 2026, lastSeq: all.length });
});

test("an issue that dies before its end leaves neither a number nor a booking behind, and the next run issues it", async () => {
  await use(1);
  await clock.set(december);
  const [before] = await db.select().from(invoiceSeries);
  // The last step fails: its line is refused.
  await world.asOwner(sql`alter table invoice_line add constraint broken check (invoice_number = 'none') not valid`);
  await expect(issue()).rejects.toThrow();
  await world.asOwner(sql`alter table invoice_line drop constraint broken`);
  expect(await balance()).toBe(-charge);
  expect((await db.select().from(invoiceSeries))[0]).toEqual(before);
  const { issued } = await run();
  expect(issued.map(({ seq }) => seq)).toEqual([(before?.lastSeq ?? 0) + 1]);
});

test("a run that is killed with -9 in the middle is completed by the next: each account has its invoice, and no number is missing", async () => {
  const mine = [world.accountId];
  await use(1);
  while (mine.length < 40) {
    mine.push(await world.addAccount());
    await use(1);
  }
  await clock.set(december);
  const before = (await db.select().from(invoice)).length;
  const issuedNow = async () => (await db.select().from(invoice)).length - before;
  const child = fork(fileURLToPath(new URL("../../testing/run-invoices-main.ts", import.meta.url)), [
    world.databaseUrl,
  ]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(issuedNow, { interval: 1, timeout: 15_000 }).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await once(child, "exit");
  const done = await issuedNow();
  expect(done).toBeLessThan(mine.length);
  await runInvoices(db, { month: "2026-11", author: "test" });
  const all = await db.select().from(invoice).orderBy(invoice.seq);
  const issuedTo = all.map((each) => each.accountId).filter((id) => mine.includes(id));
  expect(issuedTo.toSorted()).toEqual(mine.toSorted());
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
});

test("what is booked after the month's end is on the next invoice, and months that were missed each get their own", async () => {
  await use(1);
  await clock.set(december);
  await use(2);
  await clock.set(new Date("2027-01-02T00:00:00Z"));
  const { issued } = await run("2026-12");
  expect(issued.map(({ month, exactNano, number }) => [month, exactNano, number.slice(0, 5)])).toEqual([
    ["2026-11", charge, "2027-"],
    ["2026-12", 2n * charge, "2027-"],
  ]);
  expect(issued[1]?.fromSeq).toBe((issued[0]?.throughSeq ?? 0n) + 1n);
});

test("what comes to less than half a cent waits for the next month", async () => {
  const small = world.record();
  await world.writer.settle([{ ...small, usage: { ...small.usage, completionTokens: 10 } }]);
  await clock.set(december);
  expect((await issue()).outcome).toBe("nothing");
  await use(1);
  await clock.set(new Date("2027-01-02T00:00:00Z"));
  expect((await run("2026-12")).issued[0]?.exactNano).toBe(charge + 11_100n);
});

test("a bill that the usage events do not explain is not sent, and does not stop the others", async () => {
  await use(1);
  await db.execute(
    sql`select post_ledger(${world.accountId}, 'usage', 'x', 'x', null, '[["credit", -5], ["revenue", 5]]'::jsonb)`,
  );
  await clock.set(december);
  const problems = (await checkLedger({ db })).map(({ problem }) => problem);
  expect(problems).toEqual(["balance_differs", "posting_differs"]);
  const report = await run();
  expect(report.issued).toEqual([]);
  expect(report.failed).toMatchObject([
    { accountId: world.accountId, reason: expect.stringContaining("usage events") },
  ]);
});

test("a batch that began before the month's end and was booked after it is on the next invoice, whole", async () => {
  await use(1);
  const late = world.record();
  // Its id is drawn, and then it waits for somebody who has the same request and gives up.
  let waiting: Promise<void> = Promise.resolve();
  await db
    .transaction(async (tx) => {
      const same = toUsageRow(late, { chargeNano: 0n, priceId: undefined, lane: "interactive" });
      await tx.execute(sql`select settle_usage(${JSON.stringify([same])}::jsonb, 'gateway:g2')`);
      waiting = world.writer.settle([late]);
      await vi.waitFor(async () => {
        const { rows } = await db.execute(sql`select 1 from pg_locks where not granted`);
        expect(rows).toHaveLength(1);
      });
      await world.writer.settle([world.record("key_2")]);
      await clock.set(december);
      throw new Error("gives up");
    })
    .catch((error: unknown) => expect(error).toMatchObject({ message: "gives up" }));
  await waiting;
  const postings = await db
    .select({ id: ledgerTransaction.id })
    .from(ledgerTransaction)
    .where(eq(ledgerTransaction.accountId, world.accountId))
    .orderBy(ledgerTransaction.seq);
  expect(postings[1]?.id).toBeGreaterThan(postings[2]?.id ?? 0n);
  expect(await issue()).toMatchObject({ outcome: "issued", invoice: { throughSeq: 2n, exactNano: 2n * charge } });
  await clock.set(new Date("2027-01-05T00:00:00Z"));
  expect(await issue("2026-12")).toMatchObject({ outcome: "issued", invoice: { throughSeq: 4n, exactNano: charge } });
});
