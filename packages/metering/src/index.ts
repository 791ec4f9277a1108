/** Usage, prices and credit: what was used, what it costs, and that the money is there. */
export { announcePrice, priceHistoryMax } from "./announce-price.ts";
export { checkLedger } from "./check-ledger.ts";
export { createAnswerKeeper } from "./content/answer-keeper.ts";
export { createContentStore, dropExpiredContent } from "./content/content-store.ts";
export { type ContentWriter, createContentWriter } from "./content/content-writer.ts";
export { keepPrompt } from "./content/keep-prompt.ts";
export {
  type CreditDesk,
  type CreditHold,
  type CreditRefusal,
  createCreditDesk,
  type HoldWish,
  isRefusal,
  renewEveryMs,
} from "./credit-desk.ts";
export { type CreditStore, createCreditStore, type ExpiredLease, type Grant } from "./credit-store.ts";
export { collectDebts, readDebt } from "./debt.ts";
export {
  compareEngineCounts,
  type EngineComparison,
  type EngineDrift,
  forgetEngineCounts,
  storeEngineCounts,
  storeEngineDrift,
  toDriftFindings,
} from "./engine-drift.ts";
export { ChargesDisagreeError, UsageDroppedError } from "./invoices/charge-lines.ts";
export { renderCsvRow } from "./invoices/csv.ts";
export {
  type InvoiceRunOptions,
  InvoiceRunRefusedError,
  type InvoiceRunReport,
  runInvoices,
} from "./invoices/invoice-run.ts";
export {
  type CreditNoteResult,
  createInvoiceStore,
  type InvoiceDetails,
  type InvoiceStore,
  type PaymentResult,
} from "./invoices/invoice-store.ts";
export type { InvoiceStatus, InvoiceSummary } from "./invoices/invoice-summary.ts";
export type { InvoiceDraft, IssueResult } from "./invoices/issue-invoice.ts";
export {
  type InvoiceListQuery,
  type InvoiceSettlement,
  listInvoices,
  readSettlements,
} from "./invoices/list-invoices.ts";
export { isMonth, lastMonth } from "./invoices/month.ts";
export { type BuyerChange, createPartyStore, type PartyStore, type SellerChange } from "./invoices/parties.ts";
export { type PrintableInvoice, renderInvoiceCsv, renderInvoicePdf } from "./invoices/render-invoice.ts";
export { readStatement, renderStatementCsv, renderStatementPdf, type Statement } from "./invoices/statement.ts";
export { readLastUses } from "./last-use.ts";
export { countByInvariant, type LedgerFinding, type LedgerInvariant, ledgerInvariants } from "./ledger-finding.ts";
export { describeProblem, isMereWarning } from "./ledger-finding-words.ts";
export { type Balance, type CreditMove, createLedgerStore, type LedgerLine, type LedgerStore } from "./ledger-store.ts";
export { type LowBalance, listLowBalances } from "./low-balances.ts";
export { formatUsd, formatUsdPerMillion, parseUsd, parseUsdPerMillion } from "./money.ts";
export { type MoneySummary, type OwedByAccount, readMoneySummary, readOwedByAccount } from "./owed-by-account.ts";
export { type AutoTopUpReport, runAutoTopUp } from "./payments/auto-top-up.ts";
export {
  type AutoTopUpSummary,
  describeAutoTopUp,
  formatAutoTopUpSetting,
  summarizeAutoTopUp,
} from "./payments/auto-top-up-state.ts";
export {
  type AutoTopUpFound,
  type AutoTopUpSetting,
  type AutoTopUpStore,
  createAutoTopUpStore,
} from "./payments/auto-top-up-store.ts";
export { openStripe } from "./payments/open-stripe.ts";
export {
  type PaymentEvent,
  PaymentEventRefusedError,
  PaymentEventUnreadableError,
  type PaymentPage,
  type PaymentProvider,
  PaymentProviderError,
} from "./payments/payment-provider.ts";
export { readDisputes } from "./payments/read-disputes.ts";
export { receivePayment } from "./payments/receive-payment.ts";
export { createPriceBook, createPriceStore, type NewPrice, type PriceBook, type PriceStore } from "./price-book.ts";
export { listPricedModels, type PricedModel, type PriceStatus, readPricesInForce, withStatus } from "./prices-now.ts";
export {
  boundCost,
  type CostBound,
  type Rates,
  rateRecord,
} from "./rate.ts";
export { type KeyName, readAccountNames, readKeyNames } from "./read-names.ts";
export type { Refusal } from "./refusals/refusal.ts";
export { createRefusalLog, type RefusalLog } from "./refusals/refusal-log.ts";
export {
  createRefusalStore,
  dropExpiredRefusals,
  type RefusalStore,
  type RefusalSum,
} from "./refusals/refusal-store.ts";
export type { RequestPosition } from "./request-position.ts";
export { describeRequest, type RequestDescription } from "./requests/describe-request.ts";
export {
  type AnyRequestFilter,
  findListedRequest,
  type ListedRequest,
  listRequests,
} from "./requests/list-requests.ts";
export type { PricedUsage } from "./requests/request-cost.ts";
export { explainErrorCode, formatMs } from "./requests/request-reason.ts";
export type { RequestAttempt, RequestStep } from "./requests/request-timeline.ts";
export {
  type AccountRerating,
  type Correction,
  createRerating,
  type Rerating,
  type ReratingQuery,
} from "./rerating.ts";
export { createUsageWriter, type UsageWriter } from "./settle-usage.ts";
export { createSpendStore, noSpend, type Spend, type SpendStore, sumSpend } from "./spend-store.ts";
export { type ExportedUsage, exportedUsageSchema, exportUsage } from "./usage-export.ts";
export type { RequestFilter, UsageFilter } from "./usage-filter.ts";
export {
  type DroppedMonth,
  dropExpiredUsage,
  ensureUsageMonths,
  listUsageMonths,
  type UsageMonth,
  type UsageRetention,
  whyKept,
} from "./usage-months.ts";
export { createUsageReports, type ReportedUsage, type UsageReports } from "./usage-report.ts";
export { type UsageGroup, type UsageSum, usageGroups } from "./usage-roll-ups.ts";
export { readUsageSeries, type UsageDimension, type UsageInterval, type UsagePoint } from "./usage-series.ts";
export {
  createUsageSettler,
  type SettlerCounts,
  type SettlerLog,
  type UsageSettler,
  type UsageSettlerOptions,
} from "./usage-settler.ts";
