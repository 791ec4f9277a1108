/** Reads the driver's errors: tells "Postgres is away, try later" from "this query is wrong", and says why in words fit for a log. */

/** What the network says when no server answers. */
const connectionCodes = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** What the driver says without a code: its own time-outs, and connections that were cut. */
const driverMessagePattern =
  /^(?:Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/**
 * SQLSTATE classes and codes of a server that cannot serve now. Source: PostgreSQL documentation, appendix A.
 * 08: connection; 53: out of connections, memory or disk; 57: shutting down, starting, cancelled by a time-out; 58: its disk failed;
 * 25006: a standby that was not yet promoted; 40: lost a race (serialization, deadlock).
 */
const sqlStatePattern = /^(?:08|53|57|58|40)[0-9A-Z]{3}$|^25006$/;

/** True when the same query can succeed later without anybody changing it. Looks through the causes that drizzle and others wrap. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return causesOf(error).some((cause) => {
    const code = codeOf(cause);
    if (code !== undefined) return connectionCodes.has(code) || sqlStatePattern.test(code);
    return driverMessagePattern.test(cause.message);
  });
}

/** True when the data itself was refused (SQLSTATE classes 22 and 23): trying again is useless. */
export function isDataRefused(error: unknown): boolean {
  return causesOf(error).some((cause) => /^2[23][0-9A-Z]{3}$/.test(codeOf(cause) ?? ""));
}

/**
 * The first cause's message. Drizzle's own message repeats the whole query with its parameters: hashes, names, hundreds of rows.
 */
export function databaseReason(error: unknown): string {
  const cause = causesOf(error).at(-1);
  if (cause === undefined) return String(error);
  const code = codeOf(cause);
  // Node's error for a name with several addresses has a code and no message.
  return code === undefined || cause.message.includes(code) ? cause.message : `${cause.message} (${code})`.trimStart();
}

/** The error, its cause, that one's cause, and so on; a chain deeper than 8 is not ours. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let current = error; current instanceof Error && causes.length < 8; current = current.cause)
    causes.push(current);
  return causes;
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
