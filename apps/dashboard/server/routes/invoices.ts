/** `/admin/api/invoices`: listed, read, downloaded, credited, paid. */
import { contains } from "@tera/access";
import {
  creditNoteSchema,
  type InvoiceDetails,
  invoiceDetailsSchema,
  invoiceListQuery,
  invoicePageSchema,
  invoicePaidSchema,
  invoicePaymentSchema,
  invoiceSchema,
} from "@tera/admin-api/invoices";
import type { Db } from "@tera/database";
import {
  createInvoiceStore,
  createLedgerStore,
  createPartyStore,
  type InvoiceDetails as FoundInvoice,
  formatUsd,
  listInvoices,
  readSettlements,
} from "@tera/metering";
import { z } from "zod";
import { type Actor, accountsInView, authorOf, mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import type { Documents } from "../documents/documents.ts";
import { sendDocument } from "../documents/send-document.ts";
import { AdminError, notFound } from "../errors.ts";
import { toNano } from "../money/amounts.ts";
import { toChargeLine, toInvoice } from "../money/invoice-json.ts";

export interface InvoiceDependencies {
  db: Db;
  change: Change;
  documents: Pick<Documents, "make">;
}

const numberParams = z.object({ number: z.string().max(40) });
/** Of an invoice on the screen; the files have all. */
const linesShownMax = 500;

export function registerInvoiceRoutes(app: AdminApp, { db, change, documents }: InvoiceDependencies): void {
  app.get(
    "/invoices",
    {
      config: { permission: "billing:read" },
      schema: {
        summary: "List invoices and credit notes",
        querystring: invoiceListQuery,
        response: { 200: invoicePageSchema },
      },
    },
    async ({ query: { accountId, search, ...query }, actor }) => {
      const among = accountsInView(actor, accountId) ?? undefined;
      const pattern = search === undefined || search === "" ? undefined : contains(search);
      const { items, total } = await listInvoices(db, { ...query, pattern, among });
      return { items: items.map((item) => toInvoice(item, actor)), total };
    },
  );

  app.get(
    "/invoices/:number",
    {
      config: { permission: "billing:read" },
      schema: { summary: "One invoice with its lines", params: numberParams, response: { 200: invoiceDetailsSchema } },
    },
    async ({ params: { number }, actor }) => readDetails(await mustFind(actor, number, linesShownMax + 1), actor),
  );

  for (const format of ["pdf", "csv"] as const) {
    app.get(
      `/invoices/:number/${format}`,
      {
        config: { permission: "billing:read" },
        schema: { summary: `The invoice as ${format.toUpperCase()}`, params: numberParams },
      },
      async ({ params: { number }, actor }, reply) => {
        await mustFind(actor, number, 1);
        return sendDocument(reply, number, format, await documents.make({ kind: "invoice", number, format }));
      },
    );
  }

  app.post(
    "/invoices/:number/credit-notes",
    {
      config: { permission: "billing:write" },
      schema: {
        summary: "Take back an invoice, or a part of it",
        params: numberParams,
        body: creditNoteSchema,
        response: { 200: invoiceSchema },
      },
    },
    async ({ params: { number }, body: { amount, reason, credited }, actor }) => {
      const { accountId } = await mustFind(actor, number, 1);
      const noteNumber = await change(actor, async (tx) => {
        const result = await createInvoiceStore({ db: tx }).issueCreditNote({
          number,
          amountNano: amount === undefined ? undefined : toNano(amount),
          creditedNano: toNano(credited),
          reason,
          author: authorOf(actor),
        });
        switch (result.outcome) {
          case "no_invoice":
            throw notFound("invoice");
          case "not_cents":
            throw new AdminError("invalid_request", "The amount must be whole cents.");
          case "credited_meanwhile":
            throw new AdminError(
              "conflict",
              `Of this invoice, ${formatUsd(result.creditedNano)} USD were credited meanwhile. Look at it again.`,
            );
          case "too_much":
            throw new AdminError(
              "conflict",
              result.creditableNano === 0n
                ? "All of this invoice was taken back before."
                : `Of this invoice, ${formatUsd(result.creditableNano)} USD can still be taken back.`,
            );
          case "issued": {
            const { number: issued, totalNano } = result.creditNote;
            const after = { creditNote: issued, total: formatUsd(totalNano), reason };
            const entry = { action: "invoice.credit", objectKind: "invoice", objectId: number, accountId, after };
            return { answer: issued, entry };
          }
        }
      });
      return toInvoice(await mustFind(actor, noteNumber, 1), actor);
    },
  );

  app.post(
    "/invoices/:number/payments",
    {
      config: { permission: "billing:write" },
      schema: {
        summary: "Record a payment that came by another way than Stripe",
        params: numberParams,
        body: invoicePaymentSchema,
        response: { 200: invoicePaidSchema },
      },
    },
    async ({ params: { number }, body: { amount, reference }, actor }) => {
      const { accountId } = await mustFind(actor, number, 1);
      const surplusNano = await change(actor, async (tx) => {
        const reason = `Payment of ${number}: ${reference}`;
        const wanted = { number, amountNano: toNano(amount), reference, reason, author: authorOf(actor) };
        const result = await createInvoiceStore({ db: tx }).pay(wanted);
        switch (result.outcome) {
          case "no_invoice":
            throw notFound("invoice");
          case "not_open":
            throw new AdminError(
              "conflict",
              "This invoice is not open: nothing was booked. What comes on top is credit.",
            );
          case "booked_before": {
            const before = await createLedgerStore({ db: tx }).findByReference("payment", reference);
            if (before?.accountId !== accountId || before.reason !== reason) {
              throw new AdminError(
                "conflict",
                "This reference was booked before, for something else. Nothing was booked now.",
              );
            }
            return { answer: undefined, entry: undefined };
          }
          case "booked": {
            const after = { amount, reference, surplus: formatUsd(result.surplusNano) };
            const entry = { action: "invoice.pay", objectKind: "invoice", objectId: number, accountId, after };
            return { answer: result.surplusNano, entry };
          }
        }
      });
      return {
        booked: surplusNano !== undefined,
        surplus: formatUsd(surplusNano ?? 0n),
        invoice: await readDetails(await mustFind(actor, number, linesShownMax + 1), actor),
      };
    },
  );

  async function mustFind(actor: Actor, number: string, linesMax: number): Promise<FoundInvoice> {
    const found = await createInvoiceStore({ db }).find(number, linesMax);
    if (found === undefined) throw notFound("invoice");
    mustSee(actor, found.accountId, "invoice");
    return found;
  }

  async function readDetails(found: FoundInvoice, actor: Actor): Promise<InvoiceDetails> {
    const { payments, creditNotes } = await readSettlements(db, found.number);
    const seller = await createPartyStore({ db }).seller();
    return {
      ...toInvoice(found, actor),
      lines: found.lines.slice(0, linesShownMax).map(toChargeLine),
      hasMoreLines: found.lines.length > linesShownMax,
      payments: payments.map(({ at, amountNano, reason, reference }) => ({
        at: at.toISOString(),
        amount: formatUsd(amountNano),
        reason,
        reference,
      })),
      creditNotes: creditNotes.map(({ number, issuedAt, totalNano, reason }) => ({
        number,
        issuedAt: issuedAt.toISOString(),
        total: formatUsd(totalNano),
        reason,
      })),
      paymentNote: seller?.paymentNote ?? null,
    };
  }
}
