/** Why an API could not be asked, and what to do: one sentence or two. */

const tlsCode = /^(ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|EPROTO)/;
/** Nothing was sent. */
const neverConnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** What is asked: as people call it, and what serves it. */
export interface AskedApi {
  name: string;
  server: string;
}
const adminApi: AskedApi = { name: "The Admin API", server: "the dashboard" };

/** @param error of `fetch`, or of reading its answer. */
export function describeNetworkFailure(
  error: unknown,
  { url, isChange, asked = adminApi }: { url: string; isChange: boolean; asked?: AskedApi },
): string {
  const code = codeOf(error);
  const { host } = new URL(url);
  if (code.startsWith("ERR_SSL") || code === "EPROTO") {
    return `${host} does not speak TLS as it should (${code}): check that the URL is that of ${asked.server}, and https:// where a proxy speaks TLS for it.`;
  }
  if (tlsCode.test(code)) {
    return `The certificate of ${host} is not trusted (${code}): correct it, or name the authority that signed it in NODE_EXTRA_CA_CERTS (a file in PEM).`;
  }
  const sentence = `${asked.name} at ${url} does not answer (${code}): check the URL, and that ${asked.server} runs.`;
  if (!isChange || neverConnected.has(code)) return sentence;
  return `${sentence} What was asked for may have been done all the same: look before you repeat it.`;
}

/** Node's own code is in the cause of what `fetch` throws, and with several addresses one level deeper. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error.cause instanceof Error) return codeOf(error.cause);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
