/** Ids that begin with some letters, through an Admin API, for the completion of a shell. */
import { accountPageSchema } from "@tera/admin-api/accounts";
import { keyPageSchema } from "@tera/admin-api/keys";
import { modelIdsSchema } from "@tera/admin-api/model-ids";
import { pageSizeMax } from "@tera/admin-api/page";
import { priceHistoryPageSchema } from "@tera/admin-api/prices";
import type { IdKind, KnownId } from "@tera/database/known-ids";
import type { AdminClient } from "./admin-client.ts";

/** For an answer, from wherever it comes. */
const timeoutMs = 1_000;

type Lookup = (client: AdminClient, prefix: string) => Promise<KnownId[]>;

/** The ones that are most likely meant first. */
const lookups: Readonly<Record<IdKind, Lookup>> = {
  async account(client, prefix) {
    const query = { ...startOf(prefix), sort: "-createdAt" };
    const { items } = await client.get(accountPageSchema, "/accounts", query, timeoutMs);
    return items.toSorted((one, other) => Number(one.disabledAt !== null) - Number(other.disabledAt !== null));
  },
  async key(client, prefix) {
    const query = { ...startOf(prefix), sort: "-createdAt" };
    const { items } = await client.get(keyPageSchema, "/keys", query, timeoutMs);
    return items.toSorted((one, other) => Number(one.revokedAt !== null) - Number(other.revokedAt !== null));
  },
  async model(client) {
    const { items } = await client.get(modelIdsSchema, "/model-ids", {}, timeoutMs);
    return items.map(({ id }) => ({ id, name: "" }));
  },
  async price(client) {
    const { items } = await client.get(priceHistoryPageSchema, "/prices/history", { pageSize: pageSizeMax }, timeoutMs);
    return items
      .toSorted((one, other) => (one.validFrom < other.validFrom ? 1 : -1))
      .map(({ id, model, validFrom }) => ({ id, name: `${model} from ${validFrom.slice(0, 10)}` }));
  },
};

/** @throws {CliError} also when there was no answer in time. */
export async function findRemoteIds(client: AdminClient, kind: IdKind, prefix: string): Promise<KnownId[]> {
  const found = await lookups[kind](client, prefix);
  return found.filter(({ id }) => id.startsWith(prefix)).map(({ id, name }) => ({ id, name }));
}

function startOf(prefix: string) {
  return { search: prefix === "" ? undefined : prefix, pageSize: pageSizeMax };
}
