/** Who a request comes from, for tests of what becomes of it. */
import type { Principal } from "@tera/access";

/** @returns a key of a prepaid account that may do everything, without budgets and limits; in all else as `change` says. */
export function newPrincipal(change: Partial<Principal> = {}): Principal {
  return {
    accountId: "acct_1",
    keyId: "key_1",
    firstKeyId: "key_1",
    modelScope: null,
    laneClass: "normal",
    accountKind: "prepaid",
    budgets: { dayNano: null, monthNano: null, totalNano: null },
    limits: [],
    addresses: null,
    contentLogging: false,
    ...change,
  };
}
