/** Keys through an Admin API. It tells the gateways itself. */
import type { KeySummary } from "@tera/access";
import {
  keyDetailsSchema,
  keyPageSchema,
  type keySchema,
  madeKeySchema,
  type Key as RemoteKey,
} from "@tera/admin-api/keys";
import type { CommandKeys } from "../stack/command-stores.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { AdminClient } from "./admin-client.ts";
import { toMoment, toRemoteChange } from "./key-settings.ts";
import { toNano } from "./money.ts";
import { createRemoteAccounts } from "./remote-accounts.ts";

const hourMs = 3_600_000;

export function createRemoteKeys(client: AdminClient): CommandKeys {
  const pathOf = (keyId: string) => `/keys/${encodeURIComponent(keyId)}`;
  const act = async (keyId: string, action: string, body?: object) =>
    toKey(await client.send("POST", keyDetailsSchema, `${pathOf(keyId)}/${action}`, body));

  return {
    ...createRemoteAccounts(client),
    async createKey({ accountId, name, ...settings }) {
      const body = { accountId, ...toRemoteChange(settings), name };
      const made = await client.send("POST", madeKeySchema, "/keys", body);
      return { apiKey: made.secret, key: toKey(made.key) };
    },
    async listKeys({ accountId, limit }) {
      const query = { accountId, sort: "-createdAt" };
      return (await client.list<typeof keySchema>(keyPageSchema, "/keys", query, limit)).map(toKey);
    },
    async findKey(keyId) {
      const found = await client.find(keyDetailsSchema, pathOf(keyId));
      return found && toKey(found);
    },
    async listRotation(firstKeyId) {
      const { rotation } = await client.get(keyDetailsSchema, pathOf(firstKeyId));
      return rotation.map(({ id, successorId, ...ends }) => ({ id, successorId, ...toEnds(ends) }));
    },
    async revokeKey(keyId, end) {
      if (end === undefined) {
        throw new CliError("--no-end-waiting needs the database: through the Admin API, what waits for a slot ends.");
      }
      return act(keyId, "revoke", { endStreams: end === "all" });
    },
    disableKey: (keyId) => act(keyId, "disable"),
    enableKey: (keyId) => act(keyId, "enable"),
    async changeKey(keyId, change) {
      const body = toRemoteChange(change);
      const { rotation, ...key } = await client.send("PATCH", keyDetailsSchema, pathOf(keyId), body);
      const isOfRotation = [change.budgetDayNano, change.budgetMonthNano, change.budgetTotalNano].some(
        (budget) => budget !== undefined,
      );
      return { key: toKey(key), changedIds: isOfRotation ? rotation.map(({ id }) => id) : [keyId] };
    },
    // Why one cannot be rotated is in the words of the refusal.
    async rotateKey({ keyId, overlapMs, expiresAt }) {
      const body = { overlapHours: overlapMs / hourMs, expiresAt: toMoment(expiresAt) };
      const made = await client.send("POST", madeKeySchema, `${pathOf(keyId)}/rotate`, body);
      const old = toKey(await client.get(keyDetailsSchema, pathOf(keyId)));
      return { outcome: "rotated", apiKey: made.secret, key: toKey(made.key), old };
    },
  };
}

function toKey(key: RemoteKey): KeySummary {
  const nano = (amount: string | null) => (amount === null ? null : toNano(amount));
  const { id, accountId, name, lastFour, modelScope, successorId, allowedAddresses, contentLogging } = key;
  const { requestsPerMinuteMax, tokensPerMinuteMax, concurrencyMax } = key;
  return {
    id,
    accountId,
    name,
    lastFour,
    createdAt: new Date(key.createdAt),
    ...toEnds(key),
    disabledByCustomer: key.disabledBy === "customer",
    modelScope,
    laneClass: key.priorityClass,
    successorId,
    firstKeyId: key.firstKeyId === id ? null : key.firstKeyId,
    requestsPerMinuteMax,
    tokensPerMinuteMax,
    concurrencyMax,
    budgetDayNano: nano(key.budgetDay),
    budgetMonthNano: nano(key.budgetMonth),
    budgetTotalNano: nano(key.budgetTotal),
    allowedAddresses,
    contentLogging,
    purpose: "api",
  };
}

function toEnds({ expiresAt, revokedAt, disabledAt }: Pick<RemoteKey, "expiresAt" | "revokedAt" | "disabledAt">) {
  const toDate = (moment: string | null) => (moment === null ? null : new Date(moment));
  return { expiresAt: toDate(expiresAt), revokedAt: toDate(revokedAt), disabledAt: toDate(disabledAt) };
}
