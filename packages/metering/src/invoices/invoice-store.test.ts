/** Payments of invoices, and credit notes, on a real Postgres whose clock the test sets. */
import { afterAll, beforeEach, expect, test } from "vitest";
import { startInvoiceWorld } from "../../testing/invoice-world.ts";

const world = await startInvoiceWorld();
const { balance } = world;
beforeEach(world.begin);
afterAll(world.close);

test("a payment is booked once; what is paid beyond the invoice is credit", async () => {
  const { number } = await world.issueOne();
  const pay = (reference: string, amountNano: bigint) =>
    world.store.pay({ number, amountNano, reference, reason: "bank", author: "test" });
  expect(await pay("bank-1", 1_000_000_000n)).toEqual({ outcome: "booked", openNano: 190_000_000n, surplusNano: 0n });
  expect(await pay("bank-1", 1_000_000_000n)).toEqual({ outcome: "booked_before" });
  expect(await pay("bank-2", 200_000_000n)).toEqual({ outcome: "booked", openNano: 0n, surplusNano: 10_000_000n });
  expect(await pay("bank-3", 1n)).toEqual({ outcome: "not_open" });
  expect(await balance()).toBe(10_000_000n);
  expect((await world.store.find(number))?.status).toBe("paid");
  expect((await world.books())["receivable"]).toBe(0n);
});

test("a credit note takes back what is asked for, and turns what was paid into credit", async () => {
  const { number } = await world.issueOne();
  await world.store.pay({ number, amountNano: 690_000_000n, reference: number, reason: "bank", author: "test" });
  const credit = (amountNano?: bigint) =>
    world.store.issueCreditNote({ number, amountNano, reason: "Outage", author: "test" });
  expect(await credit(1n)).toEqual({ outcome: "not_cents" });
  const part = await credit(119_000_000n * 10n - 1_000_000_000n);
  expect(part).toMatchObject({ outcome: "issued", creditNote: { refersTo: number, totalNano: -190_000_000n } });
  const rest = await credit();
  expect(rest).toMatchObject({ outcome: "issued", creditNote: { totalNano: -1_000_000_000n } });
  expect(await credit()).toEqual({ outcome: "too_much", creditableNano: 0n });
  expect(await balance()).toBe(690_000_000n);
  const { receivable, tax } = await world.books();
  expect({ receivable, tax }).toEqual({ receivable: 0n, tax: 0n });
});
