/**
 * The `http` runner: drives any server that speaks OpenAI's API, in the dialect of the engine that it is.
 *
 * engine-watch.ts keeps its state; here requests are sent and answers read.
 */
import {
  createSseParser,
  emptyUsage,
  type GenerationRequest,
  type RunnerStatus,
  type ServedModel,
  TeraError,
  type Usage,
} from "@tera/protocol";
import { type Dispatcher, Pool } from "undici";
import type { HttpRunnerSettings } from "../../worker-file.ts";
import { createCountWatch } from "../counts/count-watch.ts";
import { createGenerationTally } from "../counts/generation-tally.ts";
import { toEngineAddress } from "../engines/engine-client.ts";
import type { EngineModel, EngineProfile } from "../engines/engine-profile.ts";
import { type EngineErrorContext, toEngineError } from "../engines/openai-error.ts";
import { type RequestBody, toChatBody, toCompletionBody, toSpeechBody } from "../engines/openai-request.ts";
import { createEngineStreamReader } from "../engines/openai-stream.ts";
import type { DeltaSink, GenerationTask, Runner, RunnerDependencies } from "../runner.ts";
import { consume, discard, engineFailed, engineUnreachable, mediaType, readStart } from "./engine-response.ts";
import { createEngineWatch, createProbeClient, type EngineWatch } from "./engine-watch.ts";
import { createLineGuard } from "./line-guard.ts";
import type { OfferedModel } from "./served-models.ts";

const connectTimeoutMs = 3_000;
/** A long prompt computes for minutes before the first byte; the gateway's own deadlines cancel earlier where it wants that. */
const headersTimeoutMs = 900_000;
const bodyTimeoutMs = 900_000;
const errorBodyMax = 64 * 1024;
/** Of an answer that comes whole although a stream was asked for. */
const answerBodyMax = 16 * 1024 * 1024;
/** When neither the worker's file nor the engine says how many requests it takes at once. */
const slotsDefault = 32;

/** Speech is metered by its characters, so what an engine counts of its tokens is only bounded: about six codes a character, in up to 32 books. */
const speechTokensPerByteMax = 256;

/** What one attempt needs to know of its model's engine. */
interface Target {
  profile: EngineProfile;
  model: EngineModel;
  publicId: string;
}

export function createHttpRunner(settings: HttpRunnerSettings, dependencies: RunnerDependencies): Runner {
  const { log } = dependencies;
  const { origin, pathPrefix } = toEngineAddress(settings.url);
  const { host: address } = new URL(settings.url);
  const pool = new Pool(origin, {
    connections: null,
    pipelining: 1,
    connectTimeout: connectTimeoutMs,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyTimeoutMs,
  });
  const authorization = settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` };
  const stopping = new AbortController();
  const client = createProbeClient(settings, pool, stopping.signal);
  const tally = createGenerationTally({
    countsCached: () => watch.view().engine?.profile.metrics?.skipsCached !== true,
  });
  const counts = createCountWatch({
    runnerId: settings.id,
    address,
    client,
    tally,
    tell: (count) => dependencies.onCounted?.(count),
    log,
  });
  let open = 0;
  const slotsOf = () => settings.slots ?? watch.view().slots ?? slotsDefault;
  const lineGuard = createLineGuard({
    client,
    metrics: () => watch.view().engine?.profile.metrics,
    open: () => open,
    slots: slotsOf,
    onRoom: dependencies.onChange,
  });
  const watch: EngineWatch = createEngineWatch(settings, { ...dependencies, client, counts });

  /** @throws {TeraError} for anything but a 200. */
  async function post(
    path: string,
    json: string,
    signal: AbortSignal,
    context: EngineErrorContext,
  ): Promise<Dispatcher.ResponseData> {
    let response: Dispatcher.ResponseData;
    try {
      response = await pool.request({
        method: "POST",
        path: pathPrefix + path,
        headers: { "content-type": "application/json", ...authorization },
        body: json,
        signal,
      });
    } catch (cause) {
      throw engineUnreachable(cause);
    }
    if (response.statusCode === 200) return response;
    const retryAfter = response.headers["retry-after"];
    const { text } = await readStart(response.body, errorBodyMax);
    throw toEngineError(response.statusCode, text, { ...context, retryAfter: [retryAfter].flat()[0] });
  }

  async function generateText(
    task: GenerationTask,
    target: Target,
    request: Exclude<GenerationRequest, { kind: "speech" }>,
    sink: DeltaSink,
  ): Promise<Usage> {
    const { profile, model, publicId } = target;
    if (profile.text === undefined || model.kind !== "text") throw wrongEndpoint("text");
    const isChat = request.kind === "chat";
    const body = isChat ? toChatBody(request, model, profile.text) : toCompletionBody(request, model, profile.text);
    const json = JSON.stringify(body);
    const errorContext = { engineModelId: model.engineId, publicModelId: publicId };
    const reader = createEngineStreamReader({
      kind: request.kind,
      choices: isChat ? request.n : request.n * request.prompts.length,
      choicesPerPrompt: request.n,
      tools: isChat && request.toolChoice !== "none" ? request.tools : undefined,
      startsInReasoning: settings.startsInReasoning,
      stop: profile.text.stopInText ? request.sampling.stop : undefined,
      maxTokens: request.sampling.maxTokens,
      promptLength: json.length,
      estimatePromptTokens: () => estimatePromptTokens(body),
      errorContext,
      sink,
      onUsage: task.onUsage,
    });
    const generation = tally.begin({
      isCanary: task.isCanary === true,
      choicesPerPrompt: request.n,
      choices: isChat ? request.n : request.n * request.prompts.length,
      maxTokens: request.sampling.maxTokens,
      bytes: Buffer.byteLength(json),
      heard: () => reader.usage(),
    });
    try {
      const path = isChat ? "/v1/chat/completions" : "/v1/completions";
      const response = await post(path, json, task.signal, errorContext);
      const type = mediaType(response);
      if (type === "application/json") {
        const { text, isWhole } = await readStart(response.body, answerBodyMax);
        if (!isWhole) throw engineFailed(`an answer of more than ${answerBodyMax} bytes`);
        reader.event(text);
      } else if (type === "text/event-stream" || type === "") {
        const parser = createSseParser((data, name) => reader.event(data, name));
        await consume(response.body, (chunk) => parser.push(chunk));
      } else {
        discard(response.body);
        throw engineFailed(`an answer of type ${type}`);
      }
    } catch (cause) {
      generation.ended(isRefusal(cause) ? "refused" : "cut");
      if (!task.signal.aborted) throw cause;
      // Cancelled: what was generated until now is what is charged. Of an engine that has not said a word nobody knows whether it had begun.
      const usage = reader.usage();
      return usage.source === "counted" && usage.completionTokens === 0 ? emptyUsage("counted") : usage;
    }
    generation.ended(reader.complete && !task.signal.aborted ? "whole" : "cut");
    if (!reader.complete) throw reader.incomplete();
    const usage = reader.usage();
    if (reader.doubt !== undefined) {
      log.warn({ requestId: task.requestId, doubt: reader.doubt }, "the engine's counts were not believed");
    }
    return usage;
  }

  async function generateSpeech(
    task: GenerationTask,
    { profile, model, publicId }: Target,
    request: Extract<GenerationRequest, { kind: "speech" }>,
    sink: DeltaSink,
  ): Promise<Usage> {
    if (profile.speech === undefined) throw wrongEndpoint("sound");
    const json = JSON.stringify(toSpeechBody(request, model, profile.speech));
    const bytes = Buffer.byteLength(json);
    const generation = tally.begin({
      isCanary: task.isCanary === true,
      choicesPerPrompt: 1,
      choices: 1,
      maxTokens: undefined,
      unheardTokensMax: bytes * speechTokensPerByteMax,
      bytes,
      heard: () => emptyUsage("counted"),
    });
    try {
      return await speak(task, json, { engineModelId: model.engineId, publicModelId: publicId }, request, sink);
    } finally {
      generation.ended("cut");
    }
  }

  async function speak(
    task: GenerationTask,
    json: string,
    context: EngineErrorContext,
    request: Extract<GenerationRequest, { kind: "speech" }>,
    sink: DeltaSink,
  ): Promise<Usage> {
    const response = await post("/v1/audio/speech", json, task.signal, context);
    const type = mediaType(response);
    if (type.startsWith("text/") || type === "application/json") {
      discard(response.body);
      throw engineFailed(`sound of type ${type}`);
    }
    const usage = { ...emptyUsage("counted"), speechCharacters: [...request.input].length };
    let bytes = 0;
    try {
      await consume(response.body, (chunk) => {
        bytes += chunk.length;
        sink({ index: 0, audio: chunk.toString("base64") });
      });
    } catch (cause) {
      // Engines take the whole text and do not say how far they came: once there is sound, all of it is charged.
      if (task.signal.aborted && bytes > 0) return usage;
      throw cause;
    }
    if (bytes === 0)
      throw new TeraError("runner_failed", "The model's engine made no sound. Try again.", { detail: "empty body" });
    sink({ index: 0, finishReason: "stop" });
    return usage;
  }

  function findTarget(publicId: string): Target {
    const { engine, models } = watch.view();
    const offered = models.get(publicId);
    if (engine === undefined || offered === undefined) throw engineFailed(`the engine does not serve ${publicId} now`);
    return { profile: engine.profile, model: offered.engine, publicId };
  }

  function dispatch(task: GenerationTask, sink: DeltaSink): Promise<Usage> {
    const { request } = task;
    const target = findTarget(request.model);
    return request.kind === "speech"
      ? generateSpeech(task, target, request, sink)
      : generateText(task, target, request, sink);
  }

  return {
    id: settings.id,
    status(): RunnerStatus {
      const { state, reason, engine, models } = watch.view();
      return {
        id: settings.id,
        kind: "http",
        engine: engine?.profile.name ?? settings.engine ?? "unknown",
        engineVersion: engine?.version,
        address,
        state,
        reason,
        models: [...models.values()].map(({ served }) => served),
        slots: slotsOf(),
        busy: 0,
      };
    },
    canaryModel() {
      const { state, engine, models } = watch.view();
      if (state !== "ready" || engine === undefined || settings.canary === false) return undefined;
      return pickCanary(engine.profile, [...models.values()]);
    },
    isLate: () => watch.view().late,
    lineGuard: () => lineGuard,
    start() {
      watch.start();
    },
    async generate(task, sink) {
      open++;
      try {
        return await dispatch(task, sink);
      } catch (cause) {
        if (task.signal.aborted) return emptyUsage("counted");
        throw cause instanceof TeraError ? cause : engineUnreachable(cause);
      } finally {
        open--;
      }
    },
    async stop() {
      await counts.close();
      watch.stop();
      lineGuard.stop();
      stopping.abort();
      await pool.destroy();
    },
  };
}

function pickCanary({ canary }: EngineProfile, models: readonly OfferedModel[]): ServedModel | undefined {
  const base = models.filter(({ engine }) => !engine.isAdapter);
  switch (canary) {
    case "first":
      return base[0]?.served;
    case "loaded":
      return base.find(({ engine }) => engine.isLoaded)?.served;
    case "single":
      return base.length === 1 ? base[0]?.served : undefined;
    case "none":
      return undefined;
  }
}

/** The engine did not take the request, so that it counts none of it. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof TeraError && (cause.fault === "client" || cause.code === "runner_overloaded");
}

function wrongEndpoint(made: "text" | "sound"): TeraError {
  return new TeraError("unsupported_parameter", `This model makes no ${made}. Use another endpoint or model.`, {
    param: "model",
  });
}

/** Four bytes a token: the usual rule of thumb, used only when an engine gives no count of its own. */
function estimatePromptTokens(body: RequestBody): number {
  return Math.ceil(JSON.stringify(body["messages"] ?? body["prompt"] ?? "").length / 4);
}
