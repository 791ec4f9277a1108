/** Invoices, credit notes, runs, statements. */
import { keepPreviousData, queryOptions, useMutation } from "@tanstack/react-query";
import { paymentPageSchema } from "@tera/admin-api/billing";
import {
  type CreditNoteRequest,
  type InvoicePaymentRequest,
  invoiceDetailsSchema,
  invoicePageSchema,
  invoicePaidSchema,
  invoiceRunSchema,
  invoiceSchema,
  statementSchema,
} from "@tera/admin-api/invoices";
import { useBillingChange } from "./billing.ts";
import { call, type QueryValues } from "./client.ts";
import { whileRunning } from "./tasks.ts";

export const invoicesQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["invoices", search],
    queryFn: ({ signal }) => call(invoicePageSchema, "/invoices", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export const invoiceQuery = (number: string) =>
  queryOptions({
    queryKey: ["invoices", "one", number],
    queryFn: ({ signal }) => call(invoiceDetailsSchema, `/invoices/${encodeURIComponent(number)}`, { signal }),
  });

export const useCreditNote = (number: string) =>
  useBillingChange((body: CreditNoteRequest) =>
    call(invoiceSchema, `/invoices/${number}/credit-notes`, { method: "POST", body }),
  );

export const usePayInvoice = (number: string) =>
  useBillingChange((body: InvoicePaymentRequest) =>
    call(invoicePaidSchema, `/invoices/${number}/payments`, { method: "POST", body }),
  );

export const usePayLink = (number: string) =>
  useMutation({ mutationFn: () => call(paymentPageSchema, `/invoices/${number}/pay-link`, { method: "POST" }) });

export const useRunInvoices = () =>
  useBillingChange((body: { month: string; dryRun: boolean }) =>
    call(invoiceRunSchema, "/invoice-runs", { method: "POST", body }),
  );

/** @param id undefined: none was begun */
export const invoiceRunQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ["invoice-runs", id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => call(invoiceRunSchema, `/invoice-runs/${id}`, { signal }),
    refetchInterval: whileRunning,
  });

export const statementQuery = (accountId: string, month: string) =>
  queryOptions({
    queryKey: ["billing", "statement", accountId, month],
    queryFn: ({ signal }) => call(statementSchema, `/accounts/${accountId}/statements/${month}`, { signal }),
  });
