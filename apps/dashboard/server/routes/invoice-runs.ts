/** `/admin/api/invoice-runs`: issues what is due, as the gateways do after each month; first as a dry run. */
import { recordAudit } from "@tera/access";
import { type InvoiceRun, invoiceRunRequestSchema, invoiceRunSchema } from "@tera/admin-api/invoices";
import type { Db } from "@tera/database";
import { formatUsd, type InvoiceDraft, InvoiceRunRefusedError, runInvoices } from "@tera/metering";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { type Actor, authorOf, mustSeeAll, toAuditActor } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError, notFound } from "../errors.ts";
import { readAccountNames } from "../money/account-money.ts";
import { toChargeLine } from "../money/invoice-json.ts";
import { createTaskBoard } from "../tasks.ts";

type RunResult = NonNullable<InvoiceRun["result"]>;
type RunInvoice = RunResult["invoices"][number];
/** Of a draft, or of what was issued. */
type Sums = Pick<InvoiceDraft, "exactNano" | "roundingNano" | "taxNano" | "totalNano"> &
  Partial<Pick<InvoiceDraft, "lines">>;

/** Of a run on the screen; the list of invoices has all that were issued. */
const invoicesShownMax = 200;
const failuresShownMax = 100;
/** Of each draft: the invoice has them all. */
const linesShownMax = 50;

/** @param longDb whose statements may take minutes */
export function registerInvoiceRunRoutes(app: AdminApp, { longDb, log }: { longDb: Db; log: FastifyBaseLogger }): void {
  const board = createTaskBoard<RunResult>({ what: "An invoice run", log });
  app.addHook("onClose", () => board.close());

  app.post(
    "/invoice-runs",
    {
      config: { permission: "billing:write" },
      schema: {
        summary: "Issue the invoices that are due up to a month, or see which they are",
        body: invoiceRunRequestSchema,
        response: { 200: invoiceRunSchema },
      },
    },
    async ({ body: { month, dryRun, accountId }, actor }) => {
      mustSeeAll(actor);
      return board.start(actor, (signal) => run({ month, dryRun, accountId, actor, signal }));
    },
  );

  app.get(
    "/invoice-runs/:id",
    {
      config: { permission: "billing:write" },
      schema: {
        summary: "How an invoice run is doing",
        params: z.object({ id: z.string() }),
        response: { 200: invoiceRunSchema },
      },
    },
    async ({ params: { id }, actor }) => {
      mustSeeAll(actor);
      const task = board.find(id);
      if (task === undefined) throw notFound("invoice run");
      return task;
    },
  );

  async function run(options: {
    month: string;
    dryRun: boolean;
    accountId: string | undefined;
    actor: Actor;
    signal: AbortSignal;
  }): Promise<RunResult> {
    const { month, dryRun, accountId: only, actor, signal } = options;
    const invoices: RunInvoice[] = [];
    let count = 0;
    let totalNano = 0n;
    function note(invoice: Pick<RunInvoice, "number" | "accountId" | "buyer" | "month">, sums: Sums): void {
      count++;
      totalNano += sums.totalNano;
      if (invoices.length >= invoicesShownMax) return;
      const lines = sums.lines ?? [];
      invoices.push({
        ...invoice,
        exact: formatUsd(sums.exactNano),
        rounding: formatUsd(sums.roundingNano),
        tax: formatUsd(sums.taxNano),
        total: formatUsd(sums.totalNano),
        lines: lines.slice(0, linesShownMax).map(toChargeLine),
        lineCount: lines.length,
      });
    }
    try {
      const report = await runInvoices(longDb, {
        month,
        dryRun,
        accountId: only,
        author: authorOf(actor),
        signal,
        onDraft: (draft) =>
          note({ number: null, accountId: draft.accountId, buyer: draft.accountId, month: draft.month }, draft),
        async onIssued(tx, issued) {
          const { number, accountId, buyer } = issued;
          await recordAudit(tx, toAuditActor(actor), {
            action: "invoice.issue",
            objectKind: "invoice",
            objectId: number,
            accountId,
            after: { month: issued.month, buyer: buyer.name, total: formatUsd(issued.totalNano) },
          });
        },
      });
      for (const issued of report.issued) {
        const { number, accountId, buyer, month: of } = issued;
        note({ number, accountId, buyer: buyer.name, month: of }, issued);
      }
      const names = await readAccountNames(
        longDb,
        invoices.map(({ accountId }) => accountId),
      );
      return {
        month,
        dryRun,
        accounts: report.accounts,
        count,
        total: formatUsd(totalNano),
        invoices: invoices.map((each) => ({
          ...each,
          buyer: each.number === null ? (names.get(each.accountId) ?? each.buyer) : each.buyer,
        })),
        failed: report.failed.slice(0, failuresShownMax),
      };
    } catch (cause) {
      if (!(cause instanceof InvoiceRunRefusedError)) throw cause;
      throw new AdminError("conflict", cause.message, { cause });
    }
  }
}
