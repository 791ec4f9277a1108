/** Who may use the API: accounts, keys, and the check on every request. */
export { apiKeyPrefix, isWellFormedApiKey, newApiKey } from "./api-key-format.ts";
export { type Authenticator, type AuthenticatorOptions, createAuthenticator } from "./authenticator.ts";
export { secretLengthMin } from "./key-hash.ts";
export { createKeyStore, type KeyStore, type KeySummary, type NewKey } from "./key-store.ts";
export type { Principal } from "./principal.ts";
