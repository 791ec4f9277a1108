/** Every table, one file each. `pnpm --filter @tera/database generate` turns a change here into a migration. */
export { type Account, type AccountKind, account, accountKindChange, accountKinds } from "./account.ts";
export { type AdminToken, adminToken } from "./admin-token.ts";
export { type ApiKey, apiKey } from "./api-key.ts";
export { type AuditActorKind, type AuditEvent, auditActorKinds, auditEvent } from "./audit-event.ts";
export { type BackgroundRun, backgroundRun, type Notice, notice } from "./background.ts";
export {
  type Batch,
  type BatchEndpoint,
  type BatchLine,
  type BatchLineState,
  type BatchPause,
  type BatchProblem,
  type BatchStatus,
  batch,
  batchEndpoints,
  batchLine,
  batchLineStates,
  batchPauses,
  batchResult,
  batchStatuses,
} from "./batch.ts";
export { type Buyer, buyer, type Seller, seller } from "./billing-party.ts";
export { type CreditLease, creditLease } from "./credit-lease.ts";
export {
  type EngineCountRow,
  type EngineDriftProblem,
  type EngineDriftRow,
  engineCount,
  engineDrift,
  engineDriftProblems,
  type TokenMeasure,
  tokenMeasures,
} from "./engine-count.ts";
export { type File, file, fileChunk, filePurposes, fileStorages } from "./file.ts";
export {
  type Invoice,
  type InvoiceKind,
  type InvoiceLine,
  type InvoiceLineKind,
  type InvoiceParty,
  invoice,
  invoiceKinds,
  invoiceLine,
  invoiceLineKinds,
  invoicePayment,
  invoiceSeries,
  type UsageMeasure,
  usageMeasures,
} from "./invoice.ts";
export {
  type LedgerBook,
  type LedgerEntry,
  type LedgerKind,
  type LedgerTransaction,
  ledgerBooks,
  ledgerEntry,
  ledgerKinds,
  ledgerTransaction,
} from "./ledger.ts";
export {
  type Invitation,
  invitation,
  type Member,
  type MemberRole,
  type Membership,
  member,
  memberPasskey,
  memberRoles,
  memberSession,
  memberSignIn,
  membership,
  memberTwoFactor,
  memberVerification,
  signInThrottle,
} from "./member.ts";
export { type Model, model } from "./model.ts";
export {
  type AutoTopUp,
  type AutoTopUpCharge,
  autoTopUp,
  autoTopUpCharge,
  type SavedPaymentMethod,
  savedPaymentMethod,
} from "./payment.ts";
export { type Price, price } from "./price.ts";
export { type Purse, type PurseKind, purse, purseKinds } from "./purse.ts";
export { type RefusalCount, type RefusedRequest, refusalCount, refusedRequest } from "./refusal.ts";
export {
  type AnswerPart,
  type KeptAnswer,
  type KeptPrompt,
  type PromptPart,
  type RequestContent,
  requestContent,
} from "./request-content.ts";
export { type UsageCorrection, usageCorrection } from "./usage-correction.ts";
export { type UsageDay, usageDay } from "./usage-day.ts";
export { type NewUsageEvent, type UsageEvent, usageEvent } from "./usage-event.ts";
export { type UsageHour, usageHour } from "./usage-hour.ts";
export { type UsageMonthDropped, usageMonthDropped } from "./usage-month-dropped.ts";
export { usageTotal } from "./usage-total.ts";
