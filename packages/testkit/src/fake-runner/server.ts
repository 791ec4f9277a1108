/**
 * The fake runner: an HTTP server that plays vLLM, with a text that can be computed beforehand and a step time that is set.
 *
 * Beside vLLM's routes it has its own under `/_control`: `GET` and `POST` for the settings, `/_control/requests` for what it received
 * (`DELETE` forgets it).
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { handleChat } from "./chat.ts";
import { handleCompletion } from "./completions.ts";
import type { ServerContext } from "./context.ts";
import { createEngine } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { createFaultInjector } from "./faults/fault-injector.ts";
import { jsonHeaders } from "./generate.ts";
import { renderMetrics } from "./metrics.ts";
import { renderModels } from "./models.ts";
import { createPrefixCache } from "./prefix-cache.ts";
import { createReply, type Reply } from "./reply.ts";
import { createRequestLog, type LoggedRequest, type RequestReport } from "./request-log.ts";
import { changeSettings, defaultSettings, type FakeRunnerSettingsChange } from "./settings.ts";
import { handleSpeech } from "./speech.ts";

export interface FakeRunner {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** What `POST /_control` does. @throws {EngineError} for a setting that does not exist or is out of bounds. */
  set(change: FakeRunnerSettingsChange): void;
  report(): RequestReport;
  /** Breaks what runs, and frees the port. */
  close(): Promise<void>;
}

type Handler = (context: ServerContext, json: unknown, reply: Reply, logged: LoggedRequest) => () => void;

const generationRoutes = new Map<string, Handler>([
  ["/v1/chat/completions", handleChat],
  ["/v1/completions", handleCompletion],
  ["/v1/audio/speech", handleSpeech],
]);

export const fakeVllmVersion = "0.14.0";

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
  const context: ServerContext = { settings, engine, log, prefixCache: createPrefixCache() };
  const startedAtS = Math.floor(Date.now() / 1000);

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

  function answerGet(path: string, reply: Reply): void {
    if (path === "/health" || path === "/ping") reply.send(200, { server: "uvicorn" }, "");
    else if (path === "/version") reply.send(200, jsonHeaders, JSON.stringify({ version: fakeVllmVersion }));
    else if (path === "/v1/models") reply.send(200, jsonHeaders, renderModels(settings, startedAtS));
    else if (path === "/metrics")
      reply.send(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, renderMetrics(context));
    else if (path === "/_control") reply.send(200, jsonHeaders, JSON.stringify(settings));
    else if (path === "/_control/requests") reply.send(200, jsonHeaders, JSON.stringify(report()));
    else if (generationRoutes.has(path)) reply.send(405, jsonHeaders, JSON.stringify({ detail: "Method Not Allowed" }));
    else reply.send(404, jsonHeaders, JSON.stringify({ detail: "Not Found" }));
  }

  async function answerPost(path: string, request: IncomingMessage, reply: Reply, work: Work): Promise<void> {
    const handler = generationRoutes.get(path);
    if (handler === undefined && path !== "/_control") {
      reply.send(404, jsonHeaders, JSON.stringify({ detail: "Not Found" }));
      return;
    }
    const text = await readBody(request);
    const json = parseJson(text);
    if (handler === undefined) {
      set(json);
      reply.send(200, jsonHeaders, JSON.stringify(settings));
      return;
    }
    const logged = log.open({ path, headers: request.headers, body: json, bodyBytes: Buffer.byteLength(text) });
    work.logged = logged;
    const faced = faults.face({ method: "POST", path }, reply, logged);
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
    try {
      if (
        settings.apiKey !== null &&
        path.startsWith("/v1/") &&
        request.headers.authorization !== `Bearer ${settings.apiKey}`
      ) {
        reply.send(401, jsonHeaders, JSON.stringify({ error: "Unauthorized" }));
      } else if (request.method === "POST") {
        await answerPost(path, request, reply, work);
      } else if (request.method === "DELETE" && path === "/_control/requests") {
        log.clear();
        faults.clear();
        reply.send(204, {}, "");
      } else {
        const faced = faults.face({ method: "GET", path }, reply);
        if (faced !== undefined) answerGet(path, faced);
      }
    } catch (error) {
      const shown = error instanceof EngineError ? error : new EngineError(500, "InternalServerError", String(error));
      if (response.headersSent) response.destroy();
      else reply.send(shown.status, jsonHeaders, shown.body());
    }
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
