/**
 * One look at a port of this machine: is an engine there?
 *
 * Tera's own gateway lists models as an engine does: attached, every request would go round in a circle. It is known by a header that it
 * sends with every response.
 */
import { type Dispatcher, request } from "undici";
import { readServedModels } from "../http/served-models.ts";

export interface FoundEngine {
  port: number;
  /** `http://127.0.0.1:8000` */
  url: string;
  /** As the runner's status spells it. */
  engine: string;
  version: string | undefined;
  /** Ids; empty while it has none to offer. */
  models: readonly string[];
}

export type PortFinding =
  | { kind: "nothing" }
  | { kind: "tera" }
  /** Takes the connection, and no answer comes in time: not HTTP, or very busy. */
  | { kind: "silent" }
  /** Something else; `what` goes on after "port 8080 ". */
  | { kind: "other"; what: string }
  | ({ kind: "engine" } & FoundEngine);

/** A busy engine answers late; one that takes longer is looked at again. */
const answerTimeoutMs = 2_000;
const listingBytesMax = 1024 * 1024;
const teraHeader = "x-tera-request-id";

/** Never rejects; resolves within some seconds. */
export async function lookAtPort(port: number, signal: AbortSignal): Promise<PortFinding> {
  const url = `http://127.0.0.1:${port}`;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  try {
    const { statusCode, headers, body } = await request(`${url}/v1/models`, { signal: limited, reset: true });
    const text = await readStart(body);
    if (headers[teraHeader] !== undefined) return { kind: "tera" };
    if (statusCode === 401 || statusCode === 403) {
      const what = "wants a key: if it is an engine, name it in tera.worker.yaml with its apiKey";
      return { kind: "other", what };
    }
    const models = readServedModels(text, 0).map(({ id }) => id);
    if (models.length > 0) return { kind: "engine", port, url, engine: "openai", version: undefined, models };
    return { kind: "other", what: `answers ${statusCode} to GET /v1/models and is no engine that Tera knows` };
  } catch (error) {
    if (limited.aborted) return { kind: "silent" };
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ECONNREFUSED") return { kind: "nothing" };
    return { kind: "other", what: `does not speak HTTP (${code ?? error})` };
  }
}

/** @returns at most the first `listingBytesMax`; what is cut there is no listing any more. */
async function readStart(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(Buffer.from(chunk));
    bytes += chunks.at(-1)?.length ?? 0;
    if (bytes > listingBytesMax) break;
  }
  return Buffer.concat(chunks).toString();
}
