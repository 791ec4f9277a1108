/** A key as the Admin API tells it: money as decimal strings, moments as ISO 8601, never its hash. */
import {
  type BudgetSpend,
  firstKeyIdOf,
  type KeyListQuery,
  type ListedKey,
  listKeys,
  noBudgetSpend,
  readBudgetSpend,
  type KeySettings as StoredSettings,
} from "@tera/access";
import type { Key, KeyDetails, KeySettings } from "@tera/admin-api/keys";
import type { Db } from "@tera/database";
import { formatUsd, readLastUses } from "@tera/metering";
import { type Actor, sees } from "../access/actor.ts";
import { notFound } from "../errors.ts";

export async function readKeyPage(db: Db, query: KeyListQuery): Promise<{ items: Key[]; total: number }> {
  const { items, total } = await listKeys(db, query);
  const [spent, lastUses] = await Promise.all([
    readBudgetSpend(db, items),
    readLastUses(
      db,
      items.map(({ id }) => id),
    ),
  ]);
  return { items: items.map((key) => toKey(key, spent.get(key.id), lastUses.get(key.id))), total };
}

/** @throws {AdminError} `not_found`: there is none, or it belongs to somebody else. */
export async function readKey(db: Db, actor: Actor, keyId: string): Promise<Key> {
  const {
    items: [key],
  } = await readKeyPage(db, { page: 1, pageSize: 1, sort: "name", keyId });
  if (key === undefined || !sees(actor, key.accountId)) throw notFound("key");
  return key;
}

const rotationMax = 200;

/** @throws {AdminError} as `readKey` */
export async function readKeyDetails(db: Db, actor: Actor, keyId: string): Promise<KeyDetails> {
  const key = await readKey(db, actor, keyId);
  const { items } = await readKeyPage(db, {
    page: 1,
    pageSize: rotationMax,
    sort: "createdAt",
    firstKeyId: key.firstKeyId,
  });
  return { ...key, rotation: items };
}

/** @param key as it is stored */
export function toSettings(key: StoredSettings): KeySettings {
  const usd = (nano: bigint | null) => (nano === null ? null : formatUsd(nano));
  return {
    name: key.name,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    modelScope: key.modelScope,
    budgetDay: usd(key.budgetDayNano),
    budgetMonth: usd(key.budgetMonthNano),
    budgetTotal: usd(key.budgetTotalNano),
    requestsPerMinuteMax: key.requestsPerMinuteMax,
    tokensPerMinuteMax: key.tokensPerMinuteMax,
    concurrencyMax: key.concurrencyMax,
    allowedAddresses: key.allowedAddresses,
    priorityClass: key.laneClass,
    contentLogging: key.contentLogging,
  };
}

function toKey(key: ListedKey, spent: BudgetSpend = noBudgetSpend, lastUsedAt: Date | undefined): Key {
  const usd = (nano: bigint | null) => (nano === null ? null : formatUsd(nano));
  return {
    ...toSettings(key),
    id: key.id,
    firstKeyId: firstKeyIdOf(key),
    accountId: key.accountId,
    accountName: key.accountName,
    accountDisabled: key.accountDisabledAt !== null,
    lastFour: key.lastFour,
    state: key.state,
    createdAt: key.createdAt.toISOString(),
    disabledAt: key.disabledAt?.toISOString() ?? null,
    disabledBy: key.disabledAt === null ? null : key.disabledByCustomer ? "customer" : "operator",
    revokedAt: key.revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    successorId: key.successorId,
    spent: { day: usd(spent.dayNano), month: usd(spent.monthNano), total: usd(spent.totalNano) },
  };
}
