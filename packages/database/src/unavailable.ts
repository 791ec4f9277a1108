/** Tells "Postgres is away, try later" from "this query is wrong". */

/** What the driver and the network say when no server answers. */
const connectionCodes = new Set([
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * SQLSTATE classes and codes of a server that cannot serve now. Source: PostgreSQL documentation, appendix A.
 * 08: connection; 53: out of connections, memory or disk; 57: shutting down, starting, cancelled by a time-out; 58: its disk failed;
 * 25006: a standby that was not yet promoted; 40: lost a race (serialization, deadlock).
 */
const sqlStatePattern = /^(?:08|53|57|58|40)[0-9A-Z]{3}$|^25006$/;

/** True when the same query can succeed later without anybody changing it. Looks through the causes that drizzle and others wrap. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return errorCodesOf(error).some((code) => connectionCodes.has(code) || sqlStatePattern.test(code));
}

/** True when the data itself was refused (SQLSTATE classes 22 and 23): trying again is useless. */
export function isDataRefused(error: unknown): boolean {
  return errorCodesOf(error).some((code) => /^2[23][0-9A-Z]{3}$/.test(code));
}

/** The codes of an error and of its causes; a chain deeper than 8 is not ours. */
function errorCodesOf(error: unknown): string[] {
  const codes: string[] = [];
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    if ("code" in current && typeof current.code === "string") codes.push(current.code);
    if (current instanceof AggregateError) codes.push(...current.errors.flatMap(errorCodesOf));
    current = current.cause;
  }
  return codes;
}
