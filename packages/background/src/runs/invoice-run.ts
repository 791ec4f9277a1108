/** Issues the invoices of a month soon after it is over. Daily, not monthly: a day that was missed is made up for on the next. */
import type { Db } from "@tera/database";
import { formatUsd, InvoiceRunRefusedError, runInvoices } from "@tera/metering";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { BackgroundLog, Run } from "../run.ts";

export interface InvoiceRunDependencies {
  db: Db;
  author: string;
  noticeStore: NoticeStore | undefined;
  log: BackgroundLog;
}

export function createInvoiceRun({ db, author, noticeStore, log }: InvoiceRunDependencies): Run {
  return {
    name: "invoices",
    // Late requests of the month have been booked by then.
    schedule: { pattern: "20 0 * * *", dueAfterMs: 26 * 3_600_000 },
    attemptsMax: 5,
    async work(signal) {
      try {
        const { month, accounts, issued, failed } = await runInvoices(db, { author, signal });
        for (const each of failed) log.error(each, "an invoice could not be made");
        await noticeStore?.add(
          issued.map(({ number, accountId, month, totalNano, dueAt }) => ({
            type: "invoice.issued",
            reference: number,
            payload: { number, accountId, month, total: formatUsd(totalNano), dueAt: dueAt.toISOString() },
          })),
        );
        return { month, accounts, issued: issued.length, failed: failed.length };
      } catch (error) {
        if (!(error instanceof InvoiceRunRefusedError)) throw error;
        log.warn({ reason: error.message }, "no invoices are issued");
        return { issued: 0, refused: error.message };
      }
    },
  };
}
