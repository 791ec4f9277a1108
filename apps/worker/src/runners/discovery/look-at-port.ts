/**
 * One look at a port of this machine: is an engine there, and which models does it offer?
 *
 * Tera's own gateway lists models as an engine does: attached, every request would go round in a circle. It is known by a header that it
 * sends with every response.
 */
import { Agent, type Dispatcher } from "undici";
import { type DetectedEngine, detectEngine } from "../engines/detect.ts";
import { createEngineClient, toEngineAddress } from "../engines/engine-client.ts";
import type { EngineName } from "../engines/engine-names.ts";

export interface FoundModel {
  /** What clients call it. */
  id: string;
  /** False: its engine would have to load it first. */
  isLoaded: boolean;
}

export interface FoundEngine {
  port: number;
  /** `http://127.0.0.1:8000` */
  url: string;
  engine: EngineName;
  version: string | undefined;
  /** Empty while it has none to offer: it loads still, or has none. */
  models: readonly FoundModel[];
}

export type PortFinding =
  | { kind: "nothing" }
  | { kind: "tera" }
  /** Takes the connection, and no answer comes in time: not HTTP, or very busy. */
  | { kind: "silent" }
  /** Answers 503, as engines do while they load. */
  | { kind: "unready" }
  /** Something else; `what` goes on after "port 8080 ". */
  | { kind: "other"; what: string }
  | ({ kind: "engine" } & FoundEngine);

/** For each page. A busy engine answers late; one that takes longer is looked at again. */
const answerTimeoutMs = 2_000;
const teraHeader = "x-tera-request-id";

/** Never rejects; resolves within some seconds. */
export async function lookAtPort(port: number, signal: AbortSignal): Promise<PortFinding> {
  const url = `http://127.0.0.1:${port}`;
  const dispatcher = new Agent({ connect: { timeout: answerTimeoutMs } });
  try {
    const listed = await askForModels(url, dispatcher, signal);
    if (typeof listed !== "number") return listed;
    const detected = await detectEngine({ baseUrl: url, signal });
    if (detected !== undefined) {
      const models = await readModels(detected, url, dispatcher, signal);
      return { kind: "engine", port, url, engine: detected.profile.name, version: detected.version, models };
    }
    if (listed === 503) return { kind: "unready" };
    if (listed === 401 || listed === 403) {
      const what = "wants a key: if it is an engine, name it in tera.worker.yaml with its apiKey";
      return { kind: "other", what };
    }
    return { kind: "other", what: `answers ${listed} to GET /v1/models and is no engine that Tera knows` };
  } finally {
    await dispatcher.destroy();
  }
}

/** Goes on after "port 8000 ". */
export function describeFinding(finding: Exclude<PortFinding, { kind: "nothing" | "engine" }>): string {
  switch (finding.kind) {
    case "tera":
      return "is a Tera gateway, which is never attached";
    case "silent":
      return "takes connections and says nothing";
    case "unready":
      return "answers 503: if it is an engine, it is not ready";
    case "other":
      return finding.what;
  }
}

/** @returns the status, or what there is to say already. The body is left unread: what it says is asked again by those who know how. */
async function askForModels(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<number | PortFinding> {
  const timeout = AbortSignal.timeout(answerTimeoutMs);
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: url,
      path: "/v1/models",
      method: "GET",
      signal: AbortSignal.any([signal, timeout]),
    });
    body.on("error", () => undefined).destroy();
    return headers[teraHeader] === undefined ? statusCode : { kind: "tera" };
  } catch (error) {
    if (timeout.aborted || signal.aborted) return { kind: "silent" };
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ECONNREFUSED") return { kind: "nothing" };
    return { kind: "other", what: `does not speak HTTP (${code ?? error})` };
  }
}

async function readModels(
  { profile }: DetectedEngine,
  url: string,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<FoundModel[]> {
  const address = toEngineAddress(url);
  const client = createEngineClient({ address, dispatcher, signal, timeoutMs: answerTimeoutMs });
  // An engine that loads its weights refuses its pages until then.
  const { models } = await profile
    .createInspector(client)()
    .catch(() => ({ models: [] }));
  return models.map(({ publicId, isLoaded }) => ({ id: publicId, isLoaded }));
}
