/** Turns the fake engine's steps into an engine's own chunks or whole answer. Plain rather than fast: benchmarks use vLLM's. */
import { collectStep, emptyWholeChoice } from "../chat.ts";
import type { CallStep, ChoiceStep } from "../choice.ts";
import type { AnswerUsage, Rendering } from "../generate.ts";
import { chatLogprobs, completionLogprobs } from "../logprobs.ts";
import type { AnswerStyle, Finish, StyledUsage } from "./answer-style.ts";

export interface RenderingOptions {
  style: AnswerStyle;
  kind: "chat" | "completion";
  model: string;
  choices: number;
  /** The stream's client wants usage. */
  asksUsage: boolean;
  /** Alternatives per token; undefined: no log probabilities. */
  logprobs: number | undefined;
  /** What each chunk says of the tokens of its choice so far. */
  progress?: ((index: number, tokens: number) => object) | undefined;
}

const doneEvent = "data: [DONE]\n\n";
const nowS = () => Math.floor(Date.now() / 1000);

export function createRendering(options: RenderingOptions, stream: boolean): Rendering {
  return stream ? streamed(options) : whole(options);
}

function streamed(options: RenderingOptions): Rendering {
  const { style, kind, asksUsage } = options;
  const isChat = kind === "chat";
  const id = isChat ? style.chatId() : style.completionId();
  const frame = style.frame ?? ((json: string) => `data: ${json}\n\n`);
  const counted = countReasoning();
  const pending: CallStep[][] = [];
  let ended = 0;

  function chunk(choices: object[], fields: object = {}): string {
    return frame(
      JSON.stringify({
        id,
        object: isChat ? "chat.completion.chunk" : "text_completion",
        created: nowS(),
        model: options.model,
        ...style.envelope,
        choices,
        ...(asksUsage && style.nullUsage === true ? { usage: null } : {}),
        ...(asksUsage && !isChat ? style.completion?.askedUsage : {}),
        ...fields,
      }),
    );
  }

  function ending(finish: Finish | undefined): object {
    if (finish === undefined) return { finish_reason: null };
    return { finish_reason: style.finishReason?.(finish) ?? finish.reason, ...style.finishFields?.(finish) };
  }

  /** Calls that may be told now. */
  function callsOf(index: number, step: ChoiceStep): CallStep[] {
    if (style.wholeCalls !== true) return step.calls;
    pending[index] ??= [];
    const told: CallStep[] = [];
    for (const call of step.calls) {
      const last = pending[index].at(-1);
      if (last?.index === call.index) last.arguments += call.arguments;
      else {
        told.push(...pending[index].splice(0));
        pending[index].push({ ...call });
      }
    }
    if (step.finish !== undefined) told.push(...pending[index].splice(0));
    return told;
  }

  function chatStep(index: number, step: ChoiceStep, progress: object | undefined): string {
    const calls = callsOf(index, step);
    const reasoning = style.reasoning === "hidden" ? "" : step.reasoning;
    const said = {
      ...(step.content === "" ? {} : { content: step.content }),
      ...(reasoning === "" ? {} : { [style.reasoning]: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => toolCall(style, call)) }),
    };
    const apart = style.finishDelta !== undefined;
    const logprobs =
      options.logprobs === undefined ? {} : { logprobs: { content: chatLogprobs(step.tokens, options.logprobs) } };
    const quiet = Object.keys(said).length === 0 && (options.logprobs === undefined || step.tokens.length === 0);
    let text = "";
    if (!quiet || (step.finish !== undefined && !apart)) {
      const finish = apart ? undefined : step.finish;
      const delta = { ...style.delta, ...said };
      text += chunk([{ index, delta, ...style.choice, ...logprobs, ...ending(finish) }], progress);
    }
    if (step.finish !== undefined && apart) {
      text += chunk([{ index, delta: style.finishDelta, ...style.choice, ...ending(step.finish) }], progress);
    }
    return text;
  }

  function completionStep(index: number, step: ChoiceStep, progress: object | undefined): string {
    const { finishApart = false, usageInFinish = false, choice } = style.completion ?? {};
    const logprobs =
      options.logprobs === undefined ? null : completionLogprobs(step.tokens, options.logprobs, 0, false);
    const finish = finishApart ? undefined : step.finish;
    const held = usageInFinish && step.finish !== undefined && ended === options.choices;
    let text = "";
    if (step.content !== "" || finish !== undefined) {
      const told = { index, text: step.content, logprobs, ...choice, ...ending(finish) };
      if (held && !finishApart) lastChoice = told;
      else text += chunk([told], progress);
    }
    if (finishApart && step.finish !== undefined) {
      const told = { index, text: "", logprobs: null, ...choice, ...ending(step.finish) };
      if (held) lastChoice = told;
      else text += chunk([told], progress);
    }
    return text;
  }

  let lastChoice: object | undefined;

  return {
    streamed: true,
    begin() {
      let text = style.preface ?? "";
      if (!isChat || style.opening === undefined) return text;
      for (let index = 0; index < options.choices; index++) {
        text += chunk([{ index, delta: style.opening, ...style.choice, finish_reason: null }]);
      }
      return text;
    },
    step(index, step, tokens) {
      counted.add(step);
      if (step.finish !== undefined) ended++;
      const progress = options.progress?.(index, tokens);
      return isChat ? chatStep(index, step, progress) : completionStep(index, step, progress);
    },
    end(usage) {
      const styled = counted.complete(usage);
      const told = { usage: style.usage(styled), ...style.usageFields?.(styled) };
      let text = lastChoice === undefined ? "" : chunk([lastChoice], told);
      const tells = style.streamUsage === "always" || (style.streamUsage === "asked" && asksUsage);
      if (tells && lastChoice === undefined) text += chunk([], told);
      return text + (style.done ?? doneEvent);
    },
  };
}

function whole(options: RenderingOptions): Rendering {
  const { style, kind } = options;
  const isChat = kind === "chat";
  const wholes = Array.from({ length: options.choices }, emptyWholeChoice);
  const counted = countReasoning();

  function message(index: number): object {
    const { content = "", reasoning = "", calls = [] } = wholes[index] ?? {};
    return {
      role: "assistant",
      content: calls.length > 0 && content === "" ? null : content,
      ...(style.reasoning === "hidden" || reasoning === "" ? {} : { [style.reasoning]: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map((call, at) => toolCall(style, { ...call, index: at })) }),
    };
  }

  return {
    streamed: false,
    begin: () => "",
    step(index, step) {
      counted.add(step);
      const one = wholes[index];
      if (one !== undefined) collectStep(one, step);
      return "";
    },
    end(usage) {
      return JSON.stringify({
        id: isChat ? style.chatId() : style.completionId(),
        object: isChat ? "chat.completion" : "text_completion",
        created: nowS(),
        model: options.model,
        ...style.envelope,
        choices: wholes.map(({ content, finish }, index) => ({
          index,
          ...(isChat ? { message: message(index) } : { text: content }),
          ...style.choice,
          finish_reason: finish === undefined ? null : (style.finishReason?.(finish) ?? finish.reason),
          ...(finish === undefined ? {} : style.finishFields?.(finish)),
        })),
        usage: style.usage(counted.complete(usage)),
      });
    },
  };
}

function toolCall(style: AnswerStyle, call: CallStep): object {
  const { id, ...rest } = call;
  const own: CallStep = id === undefined ? rest : { ...rest, id: style.toolId?.() ?? id };
  if (style.toolCall !== undefined) return style.toolCall(own);
  if (own.id === undefined) return { index: own.index, function: { arguments: own.arguments } };
  return {
    index: own.index,
    id: own.id,
    type: "function",
    function: { name: own.name, arguments: own.arguments },
  };
}

/** Engines that tell reasoning tokens count what was said inside the block. */
function countReasoning() {
  let reasoningTokens = 0;
  return {
    add(step: ChoiceStep) {
      if (step.reasoning !== "") reasoningTokens += step.tokens.length;
    },
    complete: (usage: AnswerUsage): StyledUsage => ({ ...usage, reasoningTokens }),
  };
}
