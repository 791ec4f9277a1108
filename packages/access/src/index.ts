/** Who may use the API, and what it offers: accounts, keys, the check on every request; the operator's word on models. */
export {
  type AccountChange,
  type AccountChanged,
  type AccountSettings,
  type AccountStore,
  createAccountStore,
} from "./account-store.ts";
export { type AddressBlock, parseAddressBlock } from "./address-block.ts";
export { type AddressList, createAddressList } from "./address-list.ts";
export {
  type AdminTokenStore,
  type AdminTokenSummary,
  adminTokenPrefix,
  createAdminTokenStore,
  type NewAdminToken,
} from "./admin-token-store.ts";
export { isWellFormedApiKey } from "./api-key-format.ts";
export { type AuditActor, type AuditEntry, differences, recordAudit } from "./audit-log.ts";
export { type Changed, changeAudited } from "./audited-change.ts";
export { type Authenticator, type AuthenticatorOptions, createAuthenticator, invalidApiKey } from "./authenticator.ts";
export { type BudgetPurse, type Budgets, budgetPurses, budgetsOf, firstKeyIdOf } from "./budget-purse.ts";
export { type BudgetSpend, noBudgetSpend, readBudgetSpend } from "./budget-spend.ts";
export type { KeyChanged } from "./change-key.ts";
export {
  createInvitationStore,
  type InvitationStore,
  invitationHours,
  type NewInvitation,
  type OpenInvitation,
} from "./invitation-store.ts";
export type { KeyChange, KeySettings, KeySummary } from "./key-columns.ts";
export { createKeyStore, type KeyStore, type NewKey } from "./key-store.ts";
export type { Limit } from "./limits.ts";
export { type AccountListQuery, contains, type ListedAccount, listAccounts } from "./list-accounts.ts";
export { type AuditQuery, listAuditEvents } from "./list-audit-events.ts";
export { type KeyListQuery, type KeyState, keyStates, type ListedKey, listKeys } from "./list-keys.ts";
export { createMemberStore, type Grant, type MemberStore, type MemberWithGrants } from "./member-store.ts";
export { describeModel, type ModelProfile } from "./model-profile.ts";
export {
  AliasTakenError,
  createModelStore,
  fieldsSet,
  type ModelChange,
  type ModelField,
  type ModelSettings,
  type ModelStore,
  unsetModel,
} from "./model-store.ts";
export type { Principal } from "./principal.ts";
export { readPrincipal } from "./read-principal.ts";
export type { Rotated, Rotation } from "./rotate-key.ts";
