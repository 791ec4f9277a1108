/** `/admin/api/billing/...`, `/admin/api/accounts/{id}/balance`, `/ledger` and `/credit`: what accounts have, how it came to that, and moving it. */
import { listAccounts } from "@tera/access";
import {
  accountMoneyListQuery,
  accountMoneyPageSchema,
  accountMoneySchema,
  billingSettingsSchema,
  billingSummarySchema,
  type CreditMoveRequest,
  creditMovedSchema,
  creditMoveSchema,
  idempotencyHeaders,
  type LedgerLine,
  ledgerPageSchema,
  ledgerQuery,
} from "@tera/admin-api/billing";
import { type Db, isDataRefused } from "@tera/database";
import {
  type CreditMove,
  createLedgerStore,
  createPartyStore,
  formatUsd,
  type LedgerLine as LedgerTransactionLine,
  readMoneySummary,
} from "@tera/metering";
import { z } from "zod";
import { type Actor, authorOf, mustSee, mustSeeAll } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError } from "../errors.ts";
import { readAccountMoney, withMoney } from "../money/account-money.ts";
import { toNano } from "../money/amounts.ts";

export interface BillingDependencies {
  db: Db;
  change: Change;
  /** Payments are set up. */
  hasPayments: boolean;
}

const idParams = z.object({ accountId: z.string() });

/** What the ledger calls each kind of move. */
const ledgerKindOf = { top_up: "top_up", gift: "adjustment", refund: "refund", adjustment: "adjustment" } as const;

export function registerBillingRoutes(app: AdminApp, { db, change, hasPayments }: BillingDependencies): void {
  app.get(
    "/billing/settings",
    {
      config: { permission: "billing:read" },
      schema: { summary: "What of billing is set up", response: { 200: billingSettingsSchema } },
    },
    async () => ({ stripe: hasPayments, seller: (await createPartyStore({ db }).seller()) !== undefined }),
  );

  app.get(
    "/billing/summary",
    {
      config: { permission: "billing:read" },
      schema: { summary: "The money of all accounts together", response: { 200: billingSummarySchema } },
    },
    async ({ actor }) => {
      mustSeeAll(actor);
      const { creditNano, leasedNano, uninvoicedNano, invoices, debtNano } = await readMoneySummary(db);
      return {
        credit: formatUsd(creditNano),
        leased: formatUsd(leasedNano),
        uninvoiced: formatUsd(uninvoicedNano),
        openInvoices: invoices.open,
        open: formatUsd(invoices.openNano),
        overdueInvoices: invoices.overdue,
        overdue: formatUsd(invoices.overdueNano),
        debt: formatUsd(debtNano),
      };
    },
  );

  app.get(
    "/billing/accounts",
    {
      config: { permission: "billing:read" },
      schema: {
        summary: "List accounts with what they have and owe",
        querystring: accountMoneyListQuery,
        response: { 200: accountMoneyPageSchema },
      },
    },
    async ({ query, actor }) => {
      const { items, total } = await listAccounts(db, { ...query, among: actor.accounts?.map(({ id }) => id) });
      return { items: await withMoney(db, items), total };
    },
  );

  app.get(
    "/accounts/:accountId/balance",
    {
      config: { permission: "billing:read" },
      schema: { summary: "What an account has and owes", params: idParams, response: { 200: accountMoneySchema } },
    },
    async ({ params: { accountId }, actor }) => {
      mustSee(actor, accountId);
      return readAccountMoney(db, accountId);
    },
  );

  app.get(
    "/accounts/:accountId/ledger",
    {
      config: { permission: "billing:read" },
      schema: {
        summary: "An account's ledger, from its newest end",
        params: idParams,
        querystring: ledgerQuery,
        response: { 200: ledgerPageSchema },
      },
    },
    async ({ params: { accountId }, query: { kinds, before, pageSize }, actor }) => {
      mustSee(actor, accountId);
      const lines = await createLedgerStore({ db }).list({
        accountId,
        kinds,
        limit: pageSize + 1,
        before: before === undefined ? undefined : BigInt(before),
      });
      const shown = lines.slice(0, pageSize);
      const last = shown.at(-1);
      return {
        items: shown.map((line) => toLine(line, actor)),
        next: lines.length > pageSize && last !== undefined ? String(last.seq) : null,
      };
    },
  );

  app.post(
    "/accounts/:accountId/credit",
    {
      config: { permission: "billing:write" },
      schema: {
        summary: "Move credit: a payment, a gift, a refund, a correction",
        description: "What is sent again with the same `idempotency-key` or `reference` is booked once.",
        params: idParams,
        headers: idempotencyHeaders,
        body: creditMoveSchema,
        response: { 200: creditMovedSchema },
      },
    },
    async ({ params: { accountId }, headers, body, actor }) => {
      mustSee(actor, accountId);
      await readAccountMoney(db, accountId);
      const key = headers["idempotency-key"];
      const wanted: CreditMove = {
        accountId,
        amountNano: body.kind === "refund" ? -toNano(body.amount) : toNano(body.amount),
        author: authorOf(actor),
        reason: body.reason,
        reference: body.reference ?? (key === undefined ? undefined : `request:${key}`),
      };
      const booked = await move(actor, body, wanted);
      return {
        booked: booked !== undefined,
        ledgerTransactionId: booked === undefined ? null : String(booked),
        account: await readAccountMoney(db, accountId),
      };
    },
  );

  /** @returns the transaction's id; undefined: its reference was booked before, as the same. @throws {AdminError} */
  async function move(
    actor: Actor,
    { kind, amount }: CreditMoveRequest,
    wanted: CreditMove,
  ): Promise<bigint | undefined> {
    const { accountId, amountNano, reason, reference } = wanted;
    try {
      const id = await change(actor, async (tx) => {
        const ledger = createLedgerStore({ db: tx });
        const book = { top_up: ledger.topUp, gift: ledger.adjust, refund: ledger.refund, adjustment: ledger.adjust };
        const made = await book[kind](wanted);
        const entry = {
          action: "credit.move",
          objectKind: "account",
          objectId: accountId,
          accountId,
          after: { kind, amount, reason, reference, ledgerTransactionId: made },
        };
        return { answer: made, entry: made === undefined ? undefined : entry };
      });
      if (id !== undefined) return id;
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      // Or the same reference at the same moment, for another account.
      if (reference === undefined || (await findBooked(kind, reference)) === undefined)
        throw await refusal(wanted, error);
    }
    const before = reference === undefined ? undefined : await findBooked(kind, reference);
    if (before?.accountId === accountId && movedOf(before) === amountNano) return undefined;
    throw new AdminError("conflict", "This reference was booked before, as something else. Nothing was booked now.");
  }

  async function findBooked(kind: CreditMoveRequest["kind"], reference: string) {
    return createLedgerStore({ db }).findByReference(ledgerKindOf[kind], reference);
  }

  async function refusal({ accountId, amountNano }: CreditMove, cause: unknown): Promise<AdminError> {
    const { available } = await readAccountMoney(db, accountId);
    const why =
      amountNano > 0n ? "It would have more than can be kept." : `It has ${available} USD available, which is less.`;
    return new AdminError("conflict", `${why} Nothing was booked.`, { cause });
  }
}

/** What a move was about: what it paid of a debt included. */
function movedOf({ entries }: LedgerTransactionLine): bigint {
  return sumOf(entries, "credit") + sumOf(entries, "debt");
}

function sumOf(entries: LedgerTransactionLine["entries"], of: string): bigint {
  return entries.reduce((sum, { book, amountNano }) => (book === of ? sum + amountNano : sum), 0n);
}

function toLine(
  { id, seq, createdAt, kind, entries, author, reason, reference }: LedgerTransactionLine,
  actor: Actor,
): LedgerLine {
  return {
    id: String(id),
    seq: String(seq),
    at: createdAt.toISOString(),
    kind,
    amount: formatUsd(sumOf(entries, "credit")),
    entries: entries.map(({ book, amountNano }) => ({ book, amount: formatUsd(amountNano) })),
    author: actor.accounts === null ? author : null,
    reason,
    reference,
  };
}
