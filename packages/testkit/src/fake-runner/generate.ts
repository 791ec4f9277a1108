/** Runs the choices of one request through the engine and hands what they yield to a rendering (chat or completion, streamed or whole). */
import type { Choice, ChoiceStep } from "./choice.ts";
import type { ServerContext } from "./context.ts";
import type { Reply } from "./reply.ts";
import type { LoggedRequest } from "./request-log.ts";

/** Turns steps into what is written. A streamed answer is written as it comes; a whole one is written by `end`. */
export interface Rendering {
  readonly streamed: boolean;
  /** Written before the first step's text. */
  begin(): string;
  /** Hot path. */
  step(index: number, step: ChoiceStep, tokens: number): string;
  end(usage: AnswerUsage): string;
}

export interface AnswerUsage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
}

const uvicorn = { server: "uvicorn" };
const streamType = { "content-type": "text/event-stream; charset=utf-8" };
export const jsonHeaders = { "content-type": "application/json", ...uvicorn };

export interface GenerateOptions {
  reply: Reply;
  logged: LoggedRequest;
  choices: readonly Choice[];
  rendering: Rendering;
  promptTokens: number;
  cachedTokens: number;
  /** `n` */
  answersPerPrompt: number;
  /** Instead of uvicorn's. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** @returns a function that stops it: the client has left. */
export function generate(context: ServerContext, options: GenerateOptions): () => void {
  const { reply, logged, choices, rendering, promptTokens, cachedTokens, headers = uvicorn } = options;
  const { settings, log, counters } = context;
  const { answersPerPrompt } = options;
  const counted = counters.begin({ prompt: promptTokens, cached: cachedTokens, answersPerPrompt });
  logged.promptTokens = promptTokens;
  let begun = false;
  if (rendering.streamed) reply.open(200, { ...streamType, ...headers });

  const stop = context.engine.submit({
    started() {
      logged.state = "running";
    },
    step() {
      if (reply.blocked) return "blocked";
      let written = "";
      if (!begun) {
        begun = true;
        written = rendering.begin();
      }
      let open = 0;
      let tokens = 0;
      for (const [index, choice] of choices.entries()) {
        if (!choice.finished) {
          const step = choice.step(settings.tokensPerStep);
          written += rendering.step(index, step, choice.tokens);
          if (!choice.finished) open++;
        }
        tokens += choice.tokens;
      }
      logged.generatedTokens = tokens;
      counted.stepped(tokens);
      if (open > 0) {
        if (written !== "") reply.write(written);
        return "advanced";
      }
      // Logged before the last byte leaves, so that a client who has the whole answer finds it logged.
      log.close(logged, "finished");
      counted.ended("finished");
      const rest = rendering.end({ promptTokens, completionTokens: tokens, cachedTokens });
      if (rendering.streamed) reply.end(written + rest);
      else reply.send(200, { "content-type": "application/json", ...headers }, rest);
      return "finished";
    },
  });
  return () => {
    stop();
    counted.ended("aborted");
  };
}
