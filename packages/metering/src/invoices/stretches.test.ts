/** Invoices of an account that was not postpaid all the time, on a real Postgres whose clock the test sets. */
import { sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { charge, december, startInvoiceWorld } from "../../testing/invoice-world.ts";
import { checkLedger } from "../check-ledger.ts";

const world = await startInvoiceWorld();
const { db, clock, use, issue, run, balance } = world;
beforeEach(world.begin);
afterAll(world.close);

describe("an account that changes its kind", () => {
  const become = async (kind: "prepaid" | "postpaid") => {
    await db.transaction(async (tx) => {
      await tx.execute(sql`update account set kind = ${kind} where id = ${world.accountId}`);
      await tx.execute(sql`update purse set bounded = ${kind === "prepaid"} where id = ${world.accountId}`);
    });
  };
  const topUp = (usd: bigint) =>
    world.ledger.topUp({
      accountId: world.accountId,
      amountNano: usd * 1_000_000_000n,
      author: "test",
      reason: "bank",
    });
  const adjust = (reason: string) =>
    world.ledger.adjust({ accountId: world.accountId, amountNano: 1_000_000n, author: "test", reason });
  const expectBooksToAddUp = async () =>
    expect((await checkLedger({ db })).filter(({ problem }) => problem.startsWith("invoice"))).toEqual([]);

  test("is invoiced only what was booked since it is postpaid, and what it had paid in pays that", async () => {
    await become("prepaid");
    await topUp(10n);
    await adjust("welcome");
    await use(2);
    await become("postpaid");
    await use(1);
    await clock.set(december);
    const result = await issue();
    if (result.outcome !== "issued") throw new Error(`the invoice is ${result.outcome}`);
    expect(result.invoice).toMatchObject({ exactNano: charge, totalNano: 1_190_000_000n });
    const details = await world.store.find(result.invoice.number);
    expect(details?.lines.map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ["usage", 10n],
      ["usage", 10n],
      ["usage", 1_000_000n],
    ]);
    expect(details).toMatchObject({ status: "paid", openNano: 0n });
    // 10 paid in, 0.001 given, 2 used before, 1.19 invoiced.
    expect(await balance()).toBe(10_001_000_000n - 2n * charge - 1_190_000_000n);
    await expectBooksToAddUp();
  });

  test("gets no invoice of what was used while it was prepaid, if nothing was used since", async () => {
    await become("prepaid");
    await topUp(10n);
    await use(2);
    await become("postpaid");
    await clock.set(december);
    expect((await issue()).outcome).toBe("nothing");
    expect((await run()).issued).toEqual([]);
  });

  test("still gets the invoice of what it used before it became prepaid, and none of what it used since", async () => {
    await topUp(10n);
    await use(1);
    await become("prepaid");
    await use(2);
    await clock.set(december);
    const report = await run();
    expect(report.issued).toMatchObject([{ exactNano: charge, totalNano: 1_190_000_000n }]);
    expect(await balance()).toBe(10_000_000_000n - 2n * charge - 1_190_000_000n);
    await use(1);
    await clock.set(new Date("2027-01-05T00:00:00Z"));
    expect(await run("2026-12")).toMatchObject({ accounts: 0, issued: [] });
    expect((await issue("2026-12")).outcome).toBe("prepaid");
    await expectBooksToAddUp();
  });

  test("is asked for each stretch once, however often it changes", async () => {
    await topUp(20n);
    await use(1);
    await become("prepaid");
    await become("postpaid");
    await become("prepaid");
    await use(2);
    await become("postpaid");
    await use(4);
    await clock.set(december);
    await become("prepaid");
    await use(8);
    expect((await run()).issued).toMatchObject([{ exactNano: 5n * charge }]);
    await become("postpaid");
    await use(1);
    await clock.set(new Date("2027-01-05T00:00:00Z"));
    expect((await run("2026-12")).issued).toMatchObject([{ exactNano: charge }]);
    await expectBooksToAddUp();
  });
});
