/**
 * The fake runner: an HTTP server that plays vLLM, or another engine (see dialects/), with a text that can be computed beforehand and a step
 * time that is set.
 *
 * Beside the engine's routes it has its own under `/_control`: `GET` and `POST` for the settings, `/_control/requests` for what it received
 * (`DELETE` forgets it).
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerContext } from "./context.ts";
import { type Dialect, jsonPage, type Page } from "./dialects/dialect.ts";
import { dialects } from "./dialects/dialects.ts";
import { createEngine } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { createFaultInjector } from "./faults/fault-injector.ts";
import { createPrefixCache } from "./prefix-cache.ts";
import { createReply, type Reply } from "./reply.ts";
import { createRequestLog, type LoggedRequest, type RequestReport } from "./request-log.ts";
import { changeSettings, defaultSettings, type FakeRunnerSettingsChange } from "./settings.ts";
import { createTokenCounters } from "./token-counters.ts";

export interface FakeRunner {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** What `POST /_control` does. @throws {EngineError} for a setting that does not exist or is out of bounds. */
  set(change: FakeRunnerSettingsChange): void;
  report(): RequestReport;
  /** Breaks what runs, and frees the port. */
  close(): Promise<void>;
}

/** Longer bodies are cut off: a bound for the fake runner's memory, far above a million tokens. */
const bodyBytesMax = 256 * 1024 * 1024;

/**
 * @param options where to listen (`port` 0: a free one) and what to begin with; `exit` kills the process, for the fault of that name, and is
 *   left out where the fake runner is not alone in it.
 */
export async function startFakeRunner(
  options: FakeRunnerSettingsChange & { host?: string; port?: number; exit?: () => void } = {},
): Promise<FakeRunner> {
  const { host = "127.0.0.1", port = 0, exit, ...change } = options;
  const settings = changeSettings(defaultSettings, change);
  const log = createRequestLog();
  const faults = createFaultInjector(exit);
  faults.load(settings.faults);
  const engine = createEngine(() => settings);
  const startedAtMs = Date.now();
  const context: ServerContext = {
    settings,
    engine,
    log,
    prefixCache: createPrefixCache(),
    counters: createTokenCounters(),
    startedAtS: Math.floor(startedAtMs / 1000),
    startedAtMs,
  };

  function set(wanted: unknown): void {
    const changed = changeSettings(settings, wanted);
    if (isObject(wanted) && "faults" in wanted) faults.load(changed.faults);
    Object.assign(settings, changed);
    engine.reconsider();
  }

  function report(): RequestReport {
    const { totals, requests } = log;
    return { running: engine.running, waiting: engine.waiting, totals, faults: faults.strikes, requests };
  }

  function control(method: string, path: string, text: string): Page {
    if (method === "POST" && path === "/_control") set(parseJson(text));
    else if (method === "DELETE" && path === "/_control/requests") {
      log.clear();
      faults.clear();
      return { status: 204, headers: {}, body: "" };
    }
    if (path === "/_control") return jsonPage(settings);
    return path === "/_control/requests" ? jsonPage(report()) : jsonPage({ detail: "Not Found" }, { status: 404 });
  }

  async function answerPost(
    dialect: Dialect,
    path: string,
    request: IncomingMessage,
    reply: Reply,
    work: Work,
  ): Promise<void> {
    const handler = dialect.generation.get(path);
    const question = dialect.questions?.get(path);
    if (handler === undefined && question === undefined) {
      sendPage(reply, dialect.noPage("POST", path));
      return;
    }
    const text = await readBody(request);
    const json = parseJson(text);
    if (handler === undefined) {
      if (question !== undefined) sendPage(reply, question(context, json));
      return;
    }
    const logged = log.open({ path, headers: request.headers, body: json, bodyBytes: Buffer.byteLength(text) });
    work.logged = logged;
    const faced = faults.face({ method: "POST", path, body: text }, reply, logged);
    if (faced === undefined) {
      if (reply.ended) log.close(logged, "refused");
      return;
    }
    try {
      if (!work.aborted) work.stop = handler(context, json, faced, logged);
    } catch (error) {
      log.close(logged, "refused");
      throw error;
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work: Work = { aborted: false };
    const reply = createReply(response, {
      bytesPerWrite: () => settings.bytesPerWrite,
      onAbort() {
        work.aborted = true;
        work.stop?.();
        if (work.logged !== undefined) log.close(work.logged, "aborted");
      },
    });
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const { method = "GET", headers } = request;
    const dialect = dialects[path.startsWith("/_control") ? "vllm" : settings.dialect];
    try {
      if (path.startsWith("/_control")) {
        sendPage(reply, control(method, path, method === "POST" ? await readBody(request) : ""));
        return;
      }
      const refused = refusal(dialect, method, path, headers.authorization);
      if (refused !== undefined) {
        sendPage(reply, refused);
      } else if (method === "POST") {
        await answerPost(dialect, path, request, reply, work);
      } else {
        const faced = faults.face({ method: "GET", path, body: "" }, reply);
        if (faced !== undefined) sendPage(faced, dialect.pages.get(path)?.(context) ?? dialect.noPage(method, path));
      }
    } catch (error) {
      const shown = error instanceof EngineError ? error : new EngineError(500, "InternalServerError", String(error));
      if (response.headersSent) response.destroy();
      else sendPage(reply, dialect.renderError(shown));
    }
  }

  /** What a request gets in place of an answer: no key, an engine that loads or has too much to do. */
  function refusal(
    dialect: Dialect,
    method: string,
    path: string,
    authorization: string | undefined,
  ): Page | undefined {
    const { apiKey, condition } = settings;
    if (apiKey !== null && authorization !== `Bearer ${apiKey}`) {
      const page = dialect.refuseKey(path, authorization);
      if (page !== undefined) return page;
    }
    return condition === "serving" ? undefined : dialect.unavailable?.(condition, method, path);
  }

  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, 4096, resolve);
  });
  const address = server.address();
  const { port: boundPort } = isInternetAddress(address) ? address : { port };

  return {
    url: `http://${host}:${boundPort}`,
    set,
    report,
    async close() {
      engine.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function sendPage(reply: Reply, { status, headers, body }: Page): void {
  reply.send(status, headers, body);
}

/** A request on its way: what to stop when its client leaves. */
interface Work {
  aborted: boolean;
  stop?: () => void;
  logged?: LoggedRequest;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a request body arrives as bytes");
    bytes += chunk.length;
    if (bytes > bodyBytesMax)
      throw new EngineError(413, "Request Entity Too Large", `A body has at most ${bodyBytesMax} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError(
      400,
      "Bad Request",
      `[{'type': 'json_invalid', 'loc': ('body',), 'msg': 'JSON decode error: ${String(error)}'}]`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isInternetAddress(address: AddressInfo | string | null): address is AddressInfo {
  return isObject(address);
}
