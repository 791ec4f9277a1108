/** Paying by card, as a customer does: to Stripe's page and back, and top-ups that the saved card is charged for. Stripe is played by its stand-in. */
import { paidIntent, signStripeEvent, startFakeStripe } from "@tera/testkit";
import { afterAll, expect, test } from "vitest";
import { useStack } from "../support/use-stack.ts";
import { confirm, fill, readTrail } from "./by-hand.ts";
import { meetPeople } from "./people.ts";

const webhookSecret = "whsec_of_a_whole_stack";

const stripe = await startFakeStripe();
afterAll(() => stripe.close());
const stack = await useStack({
  dashboard: true,
  workers: 0,
  fakeRunners: 0,
  env: {
    gateway: {
      TERA_GATEWAY_STRIPE_KEY: "sk_test_1",
      TERA_GATEWAY_STRIPE_WEBHOOK_SECRET: webhookSecret,
      TERA_GATEWAY_STRIPE_URL: stripe.url,
    },
    dashboard: { TERA_DASHBOARD_STRIPE_KEY: "sk_test_1", TERA_DASHBOARD_STRIPE_URL: stripe.url },
  },
});
const people = await meetPeople(stack);
afterAll(() => people.close());

/** What Stripe tells of a payment whose card is kept. */
async function tellPaid(id: string, cents: number, accountId: string): Promise<number> {
  const intent = {
    ...paidIntent(id, cents, { tera_account: accountId }),
    customer: "cus_1",
    payment_method: "pm_1",
    setup_future_usage: "off_session",
  };
  const { body, signature } = signStripeEvent(webhookSecret, "payment_intent.succeeded", intent);
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  return (await fetch(`${stack.gateways[0]?.url}/webhooks/stripe`, { method: "POST", headers, body })).status;
}

test("a customer adds credit on Stripe's page, keeps the card, and has it charged from then on", async () => {
  const { id: accountId } = await stack.keys.createAccount({ name: "Hooli", kind: "prepaid" });
  const { page, takeFaults } = await people.visit("member", accountId);
  await page.goto(`/billing/accounts/${accountId}`);
  const topUp = page.getByRole("region", { name: "Automatic top-up" });
  await topUp.getByText("off", { exact: true }).waitFor();

  await page.route("https://checkout.example/**", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Stripe</title><p>Pay here</p>" }),
  );
  await page.getByRole("button", { name: "Add credit by card" }).click();
  const form = page.getByRole("dialog");
  await fill(form, { Amount: "0.001" });
  await form.getByRole("button", { name: "Continue to Stripe" }).click();
  await form
    .getByText(/cent|least/)
    .first()
    .waitFor();
  await form.getByRole("button", { name: "$100" }).click();
  await form.getByLabel("Keep the card for automatic top-ups").check();
  await form.getByRole("button", { name: "Continue to Stripe" }).click();
  await page.getByText("Pay here").waitFor();
  const checkout = stripe.calls.findLast(({ path }) => path === "/v1/checkout/sessions");
  expect(checkout?.fields).toMatchObject({
    "line_items[0][price_data][unit_amount]": "10000",
    success_url: expect.stringContaining(`/billing/accounts/${accountId}`),
  });

  expect(await tellPaid(`pi_${accountId}`, 10_000, accountId)).toBe(200);
  await page.goto(checkout?.fields["success_url"] ?? "");
  await page.getByRole("row").filter({ hasText: "+$100.00" }).waitFor();

  await topUp.getByRole("button", { name: "Set up" }).click();
  await fill(form, { "When the balance falls below": "20", charge: "50", "but on one day (UTC) at most": "10" });
  await form.getByRole("button", { name: "Switch on" }).click();
  await form.getByText("is less than one charge").waitFor();
  await fill(form, { "but on one day (UTC) at most": "200" });
  await form.getByRole("button", { name: "Switch on" }).click();
  await topUp.getByText("on", { exact: true }).waitFor();
  expect(await topUp.textContent()).toContain("Below $20.00, $50.00 is charged, at most $200.00 a day (UTC).");
  expect(await topUp.textContent()).not.toContain("No card is saved");

  await topUp.getByRole("button", { name: "Switch off" }).click();
  await confirm(page, "Switch off");
  await topUp.getByText("off", { exact: true }).waitFor();
  expect(takeFaults(/status of 4/)).toEqual([]);
  await page.close();

  const owner = await people.visit("owner");
  expect(await readTrail(owner, accountId)).toEqual([
    "credit.auto_top_up_off",
    "credit.auto_top_up",
    "credit.checkout",
  ]);
  await owner.page.close();
});
