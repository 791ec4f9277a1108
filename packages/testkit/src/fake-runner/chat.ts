/** `POST /v1/chat/completions` as vLLM answers it. */
import { randomBytes } from "node:crypto";
import { chatPieces, maxTokensOf, renderChat } from "./answer.ts";
import { type ChatBody, chatBodySchema } from "./bodies.ts";
import { type CallStep, type Choice, type ChoiceStep, createChoice } from "./choice.ts";
import type { ServerContext } from "./context.ts";
import { badRequest, parseBody } from "./engine-error.ts";
import { type AnswerUsage, generate, type Rendering } from "./generate.ts";
import {
  checkSampling,
  completionBudget,
  type EngineRules,
  stopStrings,
  usageBody,
  wantsUsage,
} from "./generation-rules.ts";
import { type ChatLogprob, chatLogprobs } from "./logprobs.ts";
import type { Reply } from "./reply.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { FakeRunnerSettings } from "./settings.ts";
import { countTokens } from "./words.ts";

/** @returns a function that stops it. @throws {EngineError} before anything was written. */
export function handleChat(context: ServerContext, json: unknown, reply: Reply, logged: LoggedRequest): () => void {
  const body = parseBody(chatBodySchema, json);
  const { settings } = context;
  const { prompt, promptTokens, choices } = prepareChat(body, settings);
  const rendering = body.stream === true ? streamedChat(body, settings, promptTokens) : wholeChat(body, settings);
  const cachedTokens = context.prefixCache.visit(prompt, promptTokens);
  return generate(context, {
    reply,
    logged,
    choices,
    rendering,
    promptTokens,
    cachedTokens,
    answersPerPrompt: choices.length,
  });
}

/** The choices of a chat answer, not yet generated. */
export function prepareChat(
  body: ChatBody,
  settings: FakeRunnerSettings,
  { budget = completionBudget, keepsStop = false }: EngineRules = {},
): { prompt: string; promptTokens: number; choices: Choice[] } {
  checkSampling(body, settings);
  if (body.response_format?.type === "json_schema" && body.response_format.json_schema == null) {
    throw badRequest(
      "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
      "response_format",
    );
  }
  if (body.tool_choice != null && body.tool_choice !== "none" && body.tool_choice !== "auto" && !body.tools?.length) {
    throw badRequest("When using `tool_choice`, `tools` must be set.", "tool_choice");
  }
  const prompt = renderChat(body.messages, body.continue_final_message === true);
  const promptTokens = countTokens(prompt);
  const limits = {
    maxTokens: budget(settings, promptTokens, maxTokensOf(body)),
    stop: stopStrings(body),
    keepsStop,
    callsEndAs:
      typeof body.tool_choice === "object" && body.tool_choice !== null ? ("stop" as const) : ("tool_calls" as const),
  };
  const choices = Array.from({ length: body.n ?? 1 }, (_, index) =>
    createChoice(chatPieces(body, settings, index), limits),
  );
  return { prompt, promptTokens, choices };
}

function streamedChat(body: ChatBody, settings: FakeRunnerSettings, promptTokens: number): Rendering {
  const head = `data: {"id":"${newId()}","object":"chat.completion.chunk","created":${nowS()},"model":${JSON.stringify(modelOf(body, settings))},"choices":[`;
  const { final, continuous } = wantsUsage(body);
  const top = body.logprobs === true ? (body.top_logprobs ?? 0) : undefined;
  const reasoningField = settings.reasoningStyle === "reasoning_content" ? "reasoning_content" : "reasoning";

  function tail(tokens: number): string {
    return continuous ? `],"usage":${usageBody({ promptTokens, completionTokens: tokens })}}\n\n` : "]}\n\n";
  }

  return {
    streamed: true,
    begin() {
      let text = "";
      for (let index = 0; index < (body.n ?? 1); index++) {
        text += `${head}{"index":${index},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}${tail(0)}`;
      }
      return text;
    },
    step(index, step, tokens) {
      const { content, reasoning, calls, finish } = step;
      const quiet = content === "" && reasoning === "" && calls.length === 0;
      if (quiet && finish === undefined && top === undefined) return "";
      let delta = "";
      if (reasoning !== "") delta = `"${reasoningField}":${JSON.stringify(reasoning)}`;
      if (calls.length > 0) delta += `${delta && ","}"tool_calls":${JSON.stringify(calls.map(toCallDelta))}`;
      if (content !== "" || delta === "") delta += `${delta && ","}"content":${JSON.stringify(content)}`;
      const logprobs = top === undefined ? "null" : JSON.stringify({ content: chatLogprobs(step.tokens, top) });
      const ending =
        finish === undefined
          ? '"finish_reason":null'
          : `"finish_reason":"${finish.reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
      return `${head}{"index":${index},"delta":{${delta}},"logprobs":${logprobs},${ending},"token_ids":null}${tail(tokens)}`;
    },
    end(usage) {
      const usageChunk = final ? `${head}],"usage":${usageBody(usage)}}\n\n` : "";
      return `${usageChunk}data: [DONE]\n\n`;
    },
  };
}

function toCallDelta(call: CallStep): object {
  if (call.id === undefined) return { index: call.index, function: { arguments: call.arguments } };
  return { id: call.id, type: "function", index: call.index, function: { name: call.name, arguments: call.arguments } };
}

interface WholeChoice {
  content: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
  logprobs: ChatLogprob[];
  finish: ChoiceStep["finish"];
}

/** Adds steps up to a choice's whole message. */
export function collectStep(whole: WholeChoice, step: ChoiceStep): void {
  whole.content += step.content;
  whole.reasoning += step.reasoning;
  for (const call of step.calls) {
    const known = whole.calls[call.index];
    if (known === undefined)
      whole.calls[call.index] = { id: call.id ?? "", name: call.name ?? "", arguments: call.arguments };
    else known.arguments += call.arguments;
  }
  whole.finish = step.finish;
}

export function emptyWholeChoice(): WholeChoice {
  return { content: "", reasoning: "", calls: [], logprobs: [], finish: undefined };
}

function wholeChat(body: ChatBody, settings: FakeRunnerSettings): Rendering {
  const wholes = Array.from({ length: body.n ?? 1 }, emptyWholeChoice);
  const top = body.logprobs === true ? (body.top_logprobs ?? 0) : undefined;
  return {
    streamed: false,
    begin: () => "",
    step(index, step) {
      const whole = wholes[index];
      if (whole === undefined) return "";
      collectStep(whole, step);
      if (top !== undefined) whole.logprobs.push(...chatLogprobs(step.tokens, top));
      return "";
    },
    end: (usage) => wholeChatBody(body, settings, wholes, usage, top !== undefined),
  };
}

function wholeChatBody(
  body: ChatBody,
  settings: FakeRunnerSettings,
  wholes: readonly WholeChoice[],
  usage: AnswerUsage,
  withLogprobs: boolean,
): string {
  const reasoningField = settings.reasoningStyle === "reasoning_content" ? "reasoning_content" : "reasoning";
  return JSON.stringify({
    id: newId(),
    object: "chat.completion",
    created: nowS(),
    model: modelOf(body, settings),
    choices: wholes.map((whole, index) => ({
      index,
      message: {
        role: "assistant",
        content: whole.calls.length > 0 && whole.content === "" ? null : whole.content,
        refusal: null,
        annotations: null,
        audio: null,
        function_call: null,
        tool_calls: whole.calls.map(({ id, name, arguments: text }) => ({
          id,
          type: "function",
          function: { name, arguments: text },
        })),
        [reasoningField]: whole.reasoning === "" ? null : whole.reasoning,
      },
      logprobs: withLogprobs ? { content: whole.logprobs } : null,
      finish_reason: whole.finish?.reason ?? null,
      stop_reason: whole.finish?.stopReason ?? null,
      token_ids: null,
    })),
    service_tier: null,
    system_fingerprint: null,
    usage: JSON.parse(usageBody(usage)),
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null,
  });
}

function modelOf(body: ChatBody, settings: FakeRunnerSettings): string {
  return body.model ?? settings.models[0] ?? "";
}

function newId(): string {
  return `chatcmpl-${randomBytes(16).toString("hex")}`;
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
