/** One choice of an answer while it is generated: applies max_tokens and stop strings to the fake model's pieces. */
import type { Piece } from "./answer.ts";
import { createStopFilter } from "./stop-strings.ts";

/** What one engine step added to a choice. */
export interface ChoiceStep {
  content: string;
  reasoning: string;
  calls: CallStep[];
  /** The step's tokens one by one, for logprobs. */
  tokens: string[];
  finish?: { reason: "stop" | "length" | "tool_calls"; stopReason: string | null };
}

export interface CallStep {
  index: number;
  id?: string;
  name?: string;
  arguments: string;
}

export interface ChoiceLimits {
  maxTokens: number;
  stop: readonly string[];
  /** The stop string is the last of the text. */
  keepsStop?: boolean;
  /** How a choice ends that called tools: vLLM says "stop" when the client named the function. */
  callsEndAs: "stop" | "tool_calls";
}

export interface Choice {
  readonly finished: boolean;
  /** Tokens generated so far. */
  readonly tokens: number;
  /** Hot path. Generates up to `count` tokens; never called after the finish. */
  step(count: number): ChoiceStep;
}

export function createChoice(pieces: Iterator<Piece, void>, limits: ChoiceLimits): Choice {
  const stopFilter = limits.stop.length > 0 ? createStopFilter(limits.stop) : undefined;
  let upcoming: IteratorResult<Piece, void> | undefined;
  let tokens = 0;
  let finished = false;
  let called = false;

  function finish(step: ChoiceStep, reason: "stop" | "length" | "tool_calls", stopReason: string | null): void {
    finished = true;
    if (stopFilter !== undefined && stopReason === null) step.content += stopFilter.end();
    step.finish = { reason, stopReason };
  }

  function take(piece: Piece, step: ChoiceStep): void {
    switch (piece.kind) {
      case "content": {
        step.tokens.push(piece.text);
        if (stopFilter === undefined) {
          step.content += piece.text;
        } else {
          const free = stopFilter.push(piece.text);
          step.content += free.text;
          if (free.stop !== undefined && limits.keepsStop === true) step.content += free.stop;
          if (free.stop !== undefined) finish(step, "stop", free.stop);
        }
        return;
      }
      case "reasoning":
        step.tokens.push(piece.text);
        step.reasoning += piece.text;
        return;
      case "mark":
        step.tokens.push(piece.text);
        return;
      case "call":
        called = true;
        step.tokens.push(piece.name);
        step.calls.push({ index: piece.call, id: piece.id, name: piece.name, arguments: "" });
        return;
      case "arguments": {
        step.tokens.push(piece.text);
        const last = step.calls.at(-1);
        if (last?.index === piece.call) last.arguments += piece.text;
        else step.calls.push({ index: piece.call, arguments: piece.text });
      }
    }
  }

  return {
    get finished() {
      return finished;
    },
    get tokens() {
      return tokens;
    },
    step(count) {
      const step: ChoiceStep = { content: "", reasoning: "", calls: [], tokens: [] };
      upcoming ??= pieces.next();
      for (let made = 0; made < count && !finished; made++) {
        if (!upcoming.done && tokens < limits.maxTokens) {
          take(upcoming.value, step);
          tokens++;
          upcoming = pieces.next();
        }
        if (finished) break;
        if (tokens >= limits.maxTokens) finish(step, "length", null);
        else if (upcoming.done) finish(step, called ? limits.callsEndAs : "stop", null);
      }
      return step;
    },
  };
}
