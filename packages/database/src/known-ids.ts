/**
 * Ids that begin with some letters, for the completion of a shell. An entry of its own that loads nothing but the driver: the rest of this package takes longer to load
 * than anybody waits for a completion.
 */
import pg from "pg";

export type IdKind = "account" | "key" | "model" | "price";

export interface KnownId {
  id: string;
  /** What it is called, or what it is of. */
  name: string;
}

export interface KnownIdsQuery {
  /** `postgres://...` */
  url: string;
  kind: IdKind;
  prefix: string;
  /** For the connection, and again for the answer. */
  timeoutMs: number;
}

const idsMax = 200;

/** The ones that are most likely meant first. */
const queries: Readonly<Record<IdKind, string>> = {
  account: "select id, name from account where starts_with(id, $1) order by disabled_at is not null, created_at desc",
  key: "select id, name from api_key where starts_with(id, $1) order by revoked_at is not null, created_at desc",
  model: `select id, '' as name from (
      select id from model union select model from price union select model from usage_day where day > now() - interval '30 days'
    ) known where starts_with(id, $1) order by id`,
  price: `select id, model || ' from ' || to_char(valid_from at time zone 'UTC', 'YYYY-MM-DD') as name
    from price where starts_with(id, $1) order by valid_from desc, revision desc`,
};

/** @throws what the driver throws, also when there was no answer in time. */
export async function findKnownIds({ url, kind, prefix, timeoutMs }: KnownIdsQuery): Promise<KnownId[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "tera-completion",
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs,
  });
  // A connection that is cut is also the failure of whatever waits for it.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<KnownId>(`${queries[kind]} limit ${idsMax}`, [prefix]);
    return rows;
  } finally {
    // Not awaited: a server that does not answer does not say goodbye either.
    client.end().catch(() => undefined);
  }
}
