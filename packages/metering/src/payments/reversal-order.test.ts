/** Whatever order a payment, its refunds and its dispute are told in, and however often: the account has what it should. */
import { createRandom, disputeOf, paidIntent, refundOf } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { startPaymentWorld } from "../../testing/payment-world.ts";
import { checkLedger } from "../check-ledger.ts";
import { collectDebts } from "../debt.ts";

const accountsCount = 60;
const seed = 20_261_123;
const centNano = 10_000_000n;
const world = await startPaymentWorld();
afterAll(() => world.close());

type Told = readonly [type: string, object: Record<string, unknown>];

test(`told in any order and repeated, ${accountsCount} accounts end with what was paid less what was used and taken back (seed ${seed})`, async () => {
  const random = createRandom(seed);
  const never = new AbortController().signal;
  let owing = 0;
  for (let index = 0; index < accountsCount; index++) {
    const accountId = await world.addAccount(index % 3 === 0 ? "postpaid" : "prepaid");
    const paymentId = `pi_${accountId}`;
    const payment = paidIntent(paymentId, 2_500, { tera_account: accountId });
    world.stripe.objects.set(paymentId, payment);
    const told: Told[] = [["payment_intent.succeeded", payment]];
    let expectedCents = 2_500n;

    for (let refund = 0; refund < random(3); refund++) {
      const cents = 1 + random(900);
      const of = (status: string) => refundOf(paymentId, `re_${index}_${refund}`, cents, status);
      told.push(["refund.created", of("pending")], ["refund.updated", of("succeeded")]);
      if (random(2) === 0) told.push(["refund.failed", of("failed")]);
      else expectedCents -= BigInt(cents);
    }
    if (random(3) > 0) {
      const cents = 1 + random(2_500);
      const of = (status: string, moved: number[]) => disputeOf(paymentId, `du_${index}`, cents, status, moved);
      told.push(
        ["charge.dispute.created", of("needs_response", [])],
        ["charge.dispute.funds_withdrawn", of("needs_response", [-cents])],
      );
      if (random(2) === 0) {
        told.push(
          ["charge.dispute.funds_reinstated", of("under_review", [-cents, cents])],
          ["charge.dispute.closed", of("won", [-cents, cents])],
        );
      } else {
        told.push(["charge.dispute.closed", of("lost", [-cents])]);
        expectedCents -= BigInt(cents);
      }
    }

    const usedCents = BigInt(random(2_500));
    let wasUsed = false;
    const waiting = [...told, ...told.filter(() => random(2) === 0)];
    while (waiting.length > 0) {
      const [[type, object] = ["", {}]] = waiting.splice(random(waiting.length), 1);
      await world.receive(type, object);
      const available = (await world.balance(accountId)) ?? 0n;
      expect(available).toBeGreaterThanOrEqual(0n);
      if (!wasUsed && available >= usedCents * centNano && usedCents > 0n) {
        await world.ledger.adjust({ accountId, amountNano: -usedCents * centNano, author: "test", reason: "used" });
        wasUsed = true;
      }
    }
    if (wasUsed) expectedCents -= usedCents;
    await collectDebts(world.db, { author: "test", accountsMax: 1_000, signal: never });
    const balance = (await world.balance(accountId)) ?? 0n;
    const debt = await world.debt(accountId);
    expect(balance - debt).toBe(expectedCents * centNano);
    expect(balance === 0n || debt === 0n).toBe(true);
    if (debt > 0n) owing++;
  }
  expect(owing).toBeGreaterThan(5);
  expect(await checkLedger({ db: world.db })).toEqual([]);
});
