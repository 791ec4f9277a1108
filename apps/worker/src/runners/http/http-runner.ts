/**
 * The `http` runner: drives any OpenAI-compatible server.
 *
 * Its state follows a probe of `/v1/models` every two seconds: starting -> ready when it first answers; ready -> unhealthy when it
 * stops answering; unhealthy -> ready when it answers again; stopped by `stop`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  createSseParser,
  emptyUsage,
  type RunnerState,
  type RunnerStatus,
  type ServedModel,
  TeraError,
  type Usage,
} from "@tera/protocol";
import { type Dispatcher, Pool } from "undici";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import { toEngineError } from "../engines/openai-error.ts";
import { toChatBody, toCompletionBody, toSpeechBody } from "../engines/openai-request.ts";
import { createEngineStreamReader } from "../engines/openai-stream.ts";
import type { DeltaSink, GenerationTask, Runner, RunnerDependencies } from "../runner.ts";
import { readServedModels } from "./served-models.ts";

const probeEveryMs = 2_000;
const probeTimeoutMs = 2_000;
const connectTimeoutMs = 3_000;
/** A long prompt computes for minutes before the first byte; the gateway's own deadlines cancel earlier where it wants that. */
const headersTimeoutMs = 900_000;
const bodyTimeoutMs = 900_000;
const errorBodyMax = 64 * 1024;
/** When neither the worker's file nor the engine says how many requests it takes at once. */
const slotsDefault = 32;

export function createHttpRunner(settings: HttpRunnerSettings, { log, onChange }: RunnerDependencies): Runner {
  const base = new URL(settings.url);
  const pathPrefix = base.pathname.replace(/\/+$/, "").replace(/\/v1$/, "");
  const pool = new Pool(base.origin, {
    connections: null,
    pipelining: 1,
    connectTimeout: connectTimeoutMs,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyTimeoutMs,
  });
  const authorization = settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` };
  const stopping = new AbortController();

  let state: RunnerState = "starting";
  let reason: string | undefined = "not reached yet";
  let models: ServedModel[] = [];
  const createdAtS = Math.floor(Date.now() / 1_000);

  function become(next: RunnerState, why: string | undefined, served = models): void {
    const changed = next !== state || why !== reason || JSON.stringify(served) !== JSON.stringify(models);
    if (next !== state) log.info({ from: state, to: next, reason: why }, "runner changed state");
    state = next;
    reason = why;
    models = served;
    if (changed) onChange();
  }

  async function probe(): Promise<void> {
    try {
      const { statusCode, body } = await pool.request({
        method: "GET",
        path: `${pathPrefix}/v1/models`,
        headers: authorization,
        headersTimeout: probeTimeoutMs,
        bodyTimeout: probeTimeoutMs,
        signal: stopping.signal,
      });
      const text = await body.text();
      if (statusCode !== 200) return become("unhealthy", `GET /v1/models answered ${statusCode}`);
      const served = readServedModels(text, createdAtS);
      if (served.length === 0) return become("unhealthy", "GET /v1/models names no model");
      become("ready", undefined, served);
    } catch (error) {
      if (stopping.signal.aborted) return;
      const why = `cannot be reached: ${error instanceof Error ? error.message || error.name : String(error)}`;
      become(state === "starting" ? "starting" : "unhealthy", why);
    }
  }

  async function probeForever(): Promise<void> {
    while (!stopping.signal.aborted) {
      await probe();
      // A server that is still starting is asked more often: it should take traffic as soon as it can.
      const pauseMs = state === "ready" ? probeEveryMs : probeEveryMs / 4;
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  /** @throws {TeraError} for anything but a 200. */
  async function post(path: string, body: object, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let response: Dispatcher.ResponseData;
    try {
      response = await pool.request({
        method: "POST",
        path: pathPrefix + path,
        headers: { "content-type": "application/json", ...authorization },
        body: JSON.stringify(body),
        signal,
      });
    } catch (cause) {
      throw engineUnreachable(cause);
    }
    if (response.statusCode === 200) return response;
    throw toEngineError(response.statusCode, await readStart(response.body));
  }

  async function generateText(
    task: GenerationTask,
    path: string,
    body: object,
    choices: number,
    sink: DeltaSink,
  ): Promise<Usage> {
    const kind = task.request.kind === "completion" ? "completion" : "chat";
    const reader = createEngineStreamReader({
      kind,
      choices,
      estimatePromptTokens: () => estimatePromptTokens(body),
      sink,
    });
    const parser = createSseParser((data) => reader.event(data));
    try {
      const response = await post(path, body, task.signal);
      await consume(response.body, (chunk) => parser.push(chunk));
    } catch (cause) {
      // Cancelled: what was generated until now is what is charged.
      if (task.signal.aborted) return reader.usage();
      throw cause;
    }
    if (!reader.complete) {
      throw new TeraError("runner_failed", "The model's engine broke off its answer. Try again.", {
        detail: "stream ended early",
      });
    }
    return reader.usage();
  }

  async function generateSpeech(task: GenerationTask, sink: DeltaSink): Promise<Usage> {
    if (task.request.kind !== "speech") throw new TypeError("not a speech request");
    const response = await post("/v1/audio/speech", toSpeechBody(task.request), task.signal);
    let bytes = 0;
    await consume(response.body, (chunk) => {
      bytes += chunk.length;
      sink({ index: 0, audio: chunk.toString("base64") });
    });
    if (bytes === 0)
      throw new TeraError("runner_failed", "The model's engine made no sound. Try again.", { detail: "empty body" });
    sink({ index: 0, finishReason: "stop" });
    return { ...emptyUsage("counted"), speechCharacters: [...task.request.input].length };
  }

  function dispatch(task: GenerationTask, sink: DeltaSink): Promise<Usage> {
    const { request } = task;
    switch (request.kind) {
      case "chat":
        return generateText(task, "/v1/chat/completions", toChatBody(request), request.n, sink);
      case "completion":
        return generateText(
          task,
          "/v1/completions",
          toCompletionBody(request),
          request.n * request.prompts.length,
          sink,
        );
      case "speech":
        return generateSpeech(task, sink);
    }
  }

  return {
    id: settings.id,
    status(): RunnerStatus {
      return {
        id: settings.id,
        kind: "http",
        engine: "openai",
        address: base.host,
        state,
        reason,
        models,
        slots: settings.slots ?? slotsDefault,
        busy: 0,
      };
    },
    start() {
      void probeForever();
    },
    canaryModel: () => models[0],
    async generate(task, sink) {
      try {
        return await dispatch(task, sink);
      } catch (cause) {
        if (task.signal.aborted) return emptyUsage("counted");
        throw cause instanceof TeraError ? cause : engineUnreachable(cause);
      }
    },
    async stop() {
      stopping.abort();
      state = "stopped";
      await pool.destroy();
    },
  };
}

/** Resolves at the end of the body; rejects when it breaks off or when `onChunk` throws. */
function consume(body: Dispatcher.ResponseData["body"], onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on("data", (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        body.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    body.on("end", resolve);
    body.on("error", reject);
  });
}

async function readStart(body: Dispatcher.ResponseData["body"]): Promise<string> {
  let text = "";
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > errorBodyMax) break;
  }
  return text.slice(0, errorBodyMax);
}

function engineUnreachable(cause: unknown): TeraError {
  return new TeraError("runner_failed", "The model's engine failed. Try again.", {
    cause,
    detail: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
  });
}

/** Four bytes a token: the usual rule of thumb, used only when an engine gives no count of its own. */
function estimatePromptTokens(body: object): number {
  const prompt = "messages" in body ? body.messages : "prompt" in body ? body.prompt : "";
  return Math.ceil(JSON.stringify(prompt).length / 4);
}
