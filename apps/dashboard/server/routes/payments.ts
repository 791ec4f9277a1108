/** `/admin/api/accounts/{id}/checkout`, `/accounts/{id}/auto-top-up` and `/invoices/{number}/pay-link`: payments by Stripe, by customers for themselves too. */
import { createAccountStore } from "@tera/access";
import {
  type AutoTopUp,
  autoTopUpSchema,
  autoTopUpSettingSchema,
  checkoutSchema,
  paymentPageSchema,
} from "@tera/admin-api/billing";
import type { Db } from "@tera/database";
import {
  type AutoTopUpFound,
  createAutoTopUpStore,
  createInvoiceStore,
  formatUsd,
  type PaymentPage,
  type PaymentProvider,
  PaymentProviderError,
  summarizeAutoTopUp,
} from "@tera/metering";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { type Actor, mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";
import { toNano } from "../money/amounts.ts";

export interface PaymentDependencies {
  db: Db;
  change: Change;
  /** Undefined: not set up. */
  payments: PaymentProvider | undefined;
  /** Where customers come back to. */
  origin: string;
  log: FastifyBaseLogger;
}

const idParams = z.object({ accountId: z.string() });
const numberParams = z.object({ number: z.string() });
const centNano = 10_000_000n;

export function registerPaymentRoutes(app: AdminApp, { db, change, payments, origin, log }: PaymentDependencies): void {
  app.post(
    "/accounts/:accountId/checkout",
    {
      config: { permission: "billing:pay" },
      schema: {
        summary: "A page of Stripe's where credit is paid for",
        params: idParams,
        body: checkoutSchema,
        response: { 200: paymentPageSchema },
      },
    },
    async ({ params: { accountId }, body: { amount, saveMethod }, actor }) => {
      await mustBePrepaid(actor, accountId);
      const returnUrl = `${origin}/billing/accounts/${accountId}`;
      const page = await askProvider(actor, (provider) =>
        provider.createCheckout({ accountId, amountNano: toNano(amount), saveMethod, returnUrl }),
      );
      await change(actor, async () => {
        const after = { amount, saveMethod, page: page.id };
        return { answer: undefined, entry: { action: "credit.checkout", ...describe(accountId), after } };
      });
      return { id: page.id, url: page.url, amount };
    },
  );

  app.get(
    "/accounts/:accountId/auto-top-up",
    {
      config: { permission: "billing:read" },
      schema: {
        summary: "How an account is topped up by itself",
        params: idParams,
        response: { 200: autoTopUpSchema },
      },
    },
    async ({ params: { accountId }, actor }) => {
      mustSee(actor, accountId);
      return toAutoTopUp(await createAutoTopUpStore({ db }).find(accountId));
    },
  );

  app.put(
    "/accounts/:accountId/auto-top-up",
    {
      config: { permission: "billing:pay" },
      schema: {
        summary: "Top an account up by itself; it also ends a pause",
        params: idParams,
        body: autoTopUpSettingSchema,
        response: { 200: autoTopUpSchema },
      },
    },
    async ({ params: { accountId }, body, actor }) => {
      await mustBePrepaid(actor, accountId);
      mustHaveProvider();
      const setting = {
        thresholdNano: toNano(body.below),
        amountNano: toNano(body.amount),
        dayMaxNano: toNano(body.dayMax),
      };
      if (setting.dayMaxNano < setting.amountNano) {
        const fields = [{ path: "dayMax", message: "is less than one charge: nothing would be charged" }];
        throw new AdminError("invalid_request", "dayMax: is less than one charge", { fields });
      }
      await change(actor, async (tx) => {
        const store = createAutoTopUpStore({ db: tx });
        const before = toAutoTopUp(await store.find(accountId)).setting ?? undefined;
        await store.set(accountId, setting);
        return {
          answer: undefined,
          entry: { action: "credit.auto_top_up", ...describe(accountId), before, after: body },
        };
      });
      return toAutoTopUp(await createAutoTopUpStore({ db }).find(accountId));
    },
  );

  app.delete(
    "/accounts/:accountId/auto-top-up",
    {
      config: { permission: "billing:pay" },
      schema: { summary: "Top an account up no more", params: idParams, response: { 200: autoTopUpSchema } },
    },
    async ({ params: { accountId }, actor }) => {
      mustSee(actor, accountId);
      await change(actor, async (tx) => {
        const store = createAutoTopUpStore({ db: tx });
        const before = toAutoTopUp(await store.find(accountId)).setting;
        await store.clear(accountId);
        const entry = { action: "credit.auto_top_up_off", ...describe(accountId), before: before ?? undefined };
        return { answer: undefined, entry: before === null ? undefined : entry };
      });
      return toAutoTopUp(await createAutoTopUpStore({ db }).find(accountId));
    },
  );

  app.post(
    "/invoices/:number/pay-link",
    {
      config: { permission: "billing:pay" },
      schema: {
        summary: "A page of Stripe's where an invoice is paid, once",
        params: numberParams,
        response: { 200: paymentPageSchema },
      },
    },
    async ({ params: { number }, actor }) => {
      const found = await createInvoiceStore({ db }).find(number, 1);
      if (found === undefined || found.kind !== "invoice") throw notFound("invoice");
      const { accountId, openNano } = found;
      mustSee(actor, accountId, "invoice");
      if (openNano === 0n) throw new AdminError("conflict", "This invoice is not open: there is nothing to pay.");
      // What was paid of it may be less than cents; what is paid beyond it is credit.
      const amountNano = ((openNano + centNano - 1n) / centNano) * centNano;
      const returnUrl = `${origin}/billing/invoices/${number}`;
      const page = await askProvider(actor, (provider) =>
        provider.createInvoiceLink({ accountId, invoiceNumber: number, amountNano, returnUrl }),
      );
      await change(actor, async () => ({
        answer: undefined,
        entry: {
          action: "invoice.pay_link",
          objectKind: "invoice",
          objectId: number,
          accountId,
          after: { amount: formatUsd(amountNano), page: page.id },
        },
      }));
      return { id: page.id, url: page.url, amount: formatUsd(amountNano) };
    },
  );

  function mustHaveProvider(): PaymentProvider {
    if (payments !== undefined) return payments;
    throw new AdminError(
      "conflict",
      "Payments by card are not set up here. The operator sets TERA_DASHBOARD_STRIPE_KEY, and the gateway's TERA_GATEWAY_STRIPE_KEY.",
    );
  }

  async function mustBePrepaid(actor: Actor, accountId: string): Promise<void> {
    mustSee(actor, accountId);
    const found = await createAccountStore({ db }).findAccount(accountId);
    if (found === undefined) throw notFound("account");
    if (found.kind !== "prepaid") {
      throw new AdminError("conflict", "It is postpaid: it has no credit that could run out, and pays by invoice.");
    }
  }

  /** What Stripe says is for the operator: it can name keys and permissions. */
  async function askProvider(actor: Actor, ask: (provider: PaymentProvider) => Promise<PaymentPage>) {
    try {
      return await ask(mustHaveProvider());
    } catch (cause) {
      if (!(cause instanceof PaymentProviderError)) throw cause;
      log.error({ reason: cause.message }, "Stripe made no page for a payment");
      const why = actor.accounts === null ? cause.message : "Try again later, or ask who runs this service.";
      throw new AdminError("unavailable", `The page for the payment could not be made. ${why}`, { cause });
    }
  }
}

function describe(accountId: string) {
  return { objectKind: "account", objectId: accountId, accountId };
}

function toAutoTopUp(found: AutoTopUpFound): AutoTopUp {
  const { lastCharge } = found;
  return {
    ...summarizeAutoTopUp(found),
    lastCharge:
      lastCharge === undefined
        ? null
        : {
            at: lastCharge.startedAt.toISOString(),
            amount: formatUsd(lastCharge.amountNano),
            state: lastCharge.state,
          },
  };
}
