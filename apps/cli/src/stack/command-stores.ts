/**
 * The parts of the stores that commands use which also work through an Admin API. One piece of code is each command: it is handed the stores of
 * Postgres, or those of `remote/`, and does not know which.
 */
import type { KeyStore, KeySummary } from "@tera/access";
import type { AutoTopUpSetting, AutoTopUpSummary, LedgerStore, SpendStore } from "@tera/metering";

/** When a key ends, and what comes after it. */
export type KeyOfRotation = Pick<KeySummary, "id" | "successorId" | "expiresAt" | "revokedAt" | "disabledAt">;

export interface CommandKeys extends Omit<KeyStore, "findByHash" | "listRotation" | "revokeKey"> {
  listRotation(firstKeyId: string): Promise<KeyOfRotation[]>;
  /** @param end which of its requests end with it; undefined: none. The stores of Postgres leave that to who tells the gateways. */
  revokeKey(keyId: string, end: "waiting" | "all" | undefined): Promise<KeySummary | undefined>;
}

export interface Books {
  ledger: Pick<LedgerStore, "balance" | "balances" | "list" | "topUp" | "refund" | "adjust">;
  spend: SpendStore;
  readDebtNano(accountId: string): Promise<bigint>;
  readTopUps(accountId: string): Promise<AutoTopUpSummary>;
  /** @param setting undefined: nothing is charged any more. */
  setTopUp(accountId: string, setting: AutoTopUpSetting | undefined): Promise<void>;
}
