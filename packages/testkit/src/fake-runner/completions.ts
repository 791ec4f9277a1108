/** `POST /v1/completions` as vLLM answers it: several prompts, token ids, echo, n, logprobs. */
import { randomBytes } from "node:crypto";
import { completionPieces, renderTokenIds } from "./answer.ts";
import { type CompletionBody, completionBodySchema } from "./bodies.ts";
import { type Choice, type ChoiceStep, createChoice } from "./choice.ts";
import type { ServerContext } from "./context.ts";
import { badRequest, parseBody } from "./engine-error.ts";
import { generate, type Rendering } from "./generate.ts";
import {
  checkSampling,
  completionBudget,
  type EngineRules,
  stopStrings,
  usageBody,
  wantsUsage,
} from "./generation-rules.ts";
import { completionLogprobs } from "./logprobs.ts";
import type { Reply } from "./reply.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { FakeRunnerSettings } from "./settings.ts";
import { countTokens } from "./words.ts";

/** OpenAI's and vLLM's default for max_tokens. */
const defaultMaxTokens = 16;

/** @returns a function that stops it. @throws {EngineError} before anything was written. */
export function handleCompletion(
  context: ServerContext,
  json: unknown,
  reply: Reply,
  logged: LoggedRequest,
): () => void {
  const body = parseBody(completionBodySchema, json);
  const { settings } = context;
  const { prompts, promptTokens, choices } = prepareCompletion(body, settings);
  const model = body.model ?? settings.models[0] ?? "";
  const texts = createTexts(body, prompts);
  const rendering =
    body.stream === true
      ? streamedCompletion(body, model, texts, promptTokens)
      : wholeCompletion(model, texts, choices.length);
  let cachedTokens = 0;
  for (const prompt of prompts) cachedTokens += context.prefixCache.visit(prompt.text, prompt.tokens);
  return generate(context, {
    reply,
    logged,
    choices,
    rendering,
    promptTokens,
    cachedTokens,
    answersPerPrompt: body.n ?? 1,
  });
}

interface Prompt {
  text: string;
  tokens: number;
}

/** The choices of a completion, not yet generated: choice `p * n + i` is the i-th answer to prompt p. */
export function prepareCompletion(
  body: CompletionBody,
  settings: FakeRunnerSettings,
  { budget = completionBudget, keepsStop = false }: EngineRules = {},
): { prompts: Prompt[]; promptTokens: number; choices: Choice[] } {
  checkSampling(body, settings);
  if (body.suffix != null && body.suffix !== "") throw badRequest("suffix is not currently supported", "suffix");
  const prompts = promptsOf(body.prompt);
  const stop = stopStrings(body);
  const choices = prompts.flatMap((prompt) => {
    const maxTokens = budget(settings, prompt.tokens, body.max_tokens ?? defaultMaxTokens);
    return Array.from({ length: body.n ?? 1 }, (_, index) =>
      createChoice(completionPieces(body, prompt.text, settings, index), {
        maxTokens,
        stop,
        keepsStop,
        callsEndAs: "tool_calls",
      }),
    );
  });
  return { prompts, promptTokens: prompts.reduce((sum, { tokens }) => sum + tokens, 0), choices };
}

function promptsOf(prompt: CompletionBody["prompt"]): Prompt[] {
  const list = Array.isArray(prompt) ? (typeof prompt[0] === "number" ? [prompt] : prompt) : [prompt];
  return list.map((one) => {
    if (Array.isArray(one)) return { text: renderTokenIds(one.map(Number)), tokens: one.length };
    return { text: String(one), tokens: countTokens(String(one)) };
  });
}

interface ChoiceText {
  text: string;
  logprobs: ReturnType<typeof completionLogprobs> | null;
}

/** @returns a function that turns a step into text, with the prompt before the first where `echo` asks for it. */
function createTexts(
  body: CompletionBody,
  prompts: readonly Prompt[],
): (index: number, step: ChoiceStep) => ChoiceText {
  const offsets: number[] = [];
  return (index, step) => {
    const prompt = prompts[Math.floor(index / (body.n ?? 1))]?.text ?? "";
    const echoed = body.echo === true && offsets[index] === undefined;
    const offset = offsets[index] ?? 0;
    const text = echoed ? prompt + step.content : step.content;
    offsets[index] = offset + text.length;
    if (body.logprobs == null) return { text, logprobs: null };
    const tokens = echoed ? [...(prompt.match(/\s*\S+|\s+$/g) ?? []), ...step.tokens] : step.tokens;
    return { text, logprobs: completionLogprobs(tokens, body.logprobs, offset, echoed) };
  };
}

function streamedCompletion(
  body: CompletionBody,
  model: string,
  texts: (index: number, step: ChoiceStep) => ChoiceText,
  promptTokens: number,
): Rendering {
  const head = `data: {"id":"${newId()}","object":"text_completion","created":${nowS()},"model":${JSON.stringify(model)},"choices":[`;
  const { final, continuous } = wantsUsage(body);
  return {
    streamed: true,
    begin: () => "",
    step(index, step, tokens) {
      const { text, logprobs } = texts(index, step);
      const reason = JSON.stringify(step.finish?.reason ?? null);
      const stopReason = JSON.stringify(step.finish?.stopReason ?? null);
      const usage = continuous ? `,"usage":${usageBody({ promptTokens, completionTokens: tokens })}` : "";
      return `${head}{"index":${index},"text":${JSON.stringify(text)},"logprobs":${JSON.stringify(logprobs)},"finish_reason":${reason},"stop_reason":${stopReason},"prompt_token_ids":null,"token_ids":null}]${usage}}\n\n`;
    },
    end: (usage) => `${final ? `${head}],"usage":${usageBody(usage)}}\n\n` : ""}data: [DONE]\n\n`,
  };
}

function wholeCompletion(
  model: string,
  texts: (index: number, step: ChoiceStep) => ChoiceText,
  count: number,
): Rendering {
  const wholes = Array.from(
    { length: count },
    (): { text: string; logprobs: ChoiceText["logprobs"]; finish: ChoiceStep["finish"] } => ({
      text: "",
      logprobs: null,
      finish: undefined,
    }),
  );
  return {
    streamed: false,
    begin: () => "",
    step(index, step) {
      const whole = wholes[index];
      if (whole === undefined) return "";
      const { text, logprobs } = texts(index, step);
      whole.text += text;
      whole.finish = step.finish;
      if (whole.logprobs === null) whole.logprobs = logprobs;
      else if (logprobs !== null) {
        whole.logprobs.text_offset.push(...logprobs.text_offset);
        whole.logprobs.token_logprobs.push(...logprobs.token_logprobs);
        whole.logprobs.tokens.push(...logprobs.tokens);
        whole.logprobs.top_logprobs.push(...logprobs.top_logprobs);
      }
      return "";
    },
    end: (usage) =>
      JSON.stringify({
        id: newId(),
        object: "text_completion",
        created: nowS(),
        model,
        choices: wholes.map(({ text, logprobs, finish }, index) => ({
          index,
          text,
          logprobs,
          finish_reason: finish?.reason ?? null,
          stop_reason: finish?.stopReason ?? null,
          token_ids: null,
          prompt_logprobs: null,
          prompt_token_ids: null,
        })),
        service_tier: null,
        system_fingerprint: null,
        usage: JSON.parse(usageBody(usage)),
        kv_transfer_params: null,
      }),
  };
}

function newId(): string {
  return `cmpl-${randomBytes(16).toString("hex")}`;
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
