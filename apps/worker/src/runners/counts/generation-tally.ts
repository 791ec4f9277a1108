/**
 * What the worker heard from one engine of the tokens that it made: adds up every generation that passes through a runner, canaries and failed attempts included.
 *
 * It keeps bounds, not sums: an answer that came to its end is known exactly, one that was cut or is under way only so far. What the engine itself counted must lie
 * between them, whatever it did with answers that nobody waited for: vLLM counts as it goes, SGLang and llama.cpp when a request ends, and not always one that was aborted.
 */
import type { TokenRange, Usage } from "@tera/protocol";

/** What an engine may go on to make after it was cut off: SGLang looks two seconds later whether its client is still there (create_abort_task in its tokenizer_manager.py). */
const overrunTokensMax = 1_024;
/** What a template may add to a prompt, beside the bytes of the request. */
const templateTokensMax = 4_096;

export interface GenerationAbout {
  isCanary: boolean;
  /** Answers to each prompt (`n`): engines count a prompt once for each of them, and SGLang once more to fill its cache. */
  choicesPerPrompt: number;
  choices: number;
  /** For each choice; undefined: the request says nothing. */
  maxTokens: number | undefined;
  /** What the engine may have made beyond what was heard, for each choice; undefined: what it makes until it notices that it was cut off. */
  unheardTokensMax?: number;
  /** Of the request: its prompt has no more tokens. */
  bytes: number;
  /** As far as it has come. */
  heard(): Usage;
}

export interface OpenGeneration {
  /** `cut`: it was stopped, or failed on the way. `refused`: the engine took none of it. */
  ended(how: "whole" | "cut" | "refused"): void;
}

/** Of one stretch of time. */
export interface Tally {
  made: { prompt: TokenRange; completion: TokenRange };
  served: { prompt: TokenRange; completion: TokenRange };
  canary: { prompt: number; completion: number };
}

export interface TallyStretch {
  /** From its beginning until now, with what is under way as what it may have come to. */
  read(): Tally;
  /** The engine's counters were read at some time between the beginning and now: what was made until now may belong to the stretch, or may not. */
  blur(): void;
  close(): void;
}

export interface GenerationTally {
  begin(about: GenerationAbout): OpenGeneration;
  /** Begins a stretch; there may be several at once. */
  open(): TallyStretch;
}

interface Stretch {
  tally: Tally;
  /** Begun before the stretch: they belong to it in part. */
  early: Set<GenerationAbout>;
}

/** @param countsCached whether the engine counts prompt tokens that it found in its cache. */
export function createGenerationTally({ countsCached }: { countsCached(): boolean }): GenerationTally {
  const generations = new Set<GenerationAbout>();
  const stretches = new Set<Stretch>();

  function add(
    into: Tally,
    about: GenerationAbout,
    { isWhole, isEarly }: { isWhole: boolean; isEarly: boolean },
  ): void {
    const { isCanary, choicesPerPrompt, choices, maxTokens } = about;
    const usage = about.heard();
    const isExact = isWhole && usage.source === "engine";
    const promptMax = usage.source === "engine" ? usage.promptTokens : about.bytes + templateTokensMax;
    const completionMax = Math.max(
      usage.completionTokens,
      Math.min(
        usage.completionTokens + (about.unheardTokensMax ?? overrunTokensMax) * choices,
        (maxTokens ?? Number.POSITIVE_INFINITY) * choices,
      ),
    );
    const prompt = usage.promptTokens - (countsCached() ? 0 : usage.cachedTokens);
    const promptCountedMax = isExact || usage.source === "engine" ? prompt : promptMax;
    const repeated = choicesPerPrompt > 1 ? choicesPerPrompt * promptMax : 0;

    const certain = (tokens: number, condition: boolean) => (condition && !isEarly ? tokens : 0);
    widen(into.made.prompt, certain(prompt, isExact), promptCountedMax + repeated);
    widen(
      into.made.completion,
      certain(usage.completionTokens, isExact),
      isExact ? usage.completionTokens : completionMax,
    );
    if (isCanary) {
      into.canary.prompt += prompt;
      into.canary.completion += usage.completionTokens;
      return;
    }
    // The record has what was heard, believed or counted.
    widen(into.served.prompt, certain(usage.promptTokens, isWhole), isWhole ? usage.promptTokens : promptMax);
    widen(
      into.served.completion,
      certain(usage.completionTokens, isWhole),
      isWhole ? usage.completionTokens : completionMax,
    );
  }

  return {
    begin(about) {
      generations.add(about);
      return {
        ended(how) {
          if (!generations.delete(about)) return;
          const wasRefused = how === "refused" && about.heard().completionTokens === 0;
          for (const { tally, early } of stretches) {
            const isEarly = early.delete(about);
            if (!wasRefused) add(tally, about, { isWhole: how === "whole", isEarly });
          }
        },
      };
    },
    open() {
      const stretch: Stretch = { tally: emptyTally(), early: new Set(generations) };
      stretches.add(stretch);
      return {
        read() {
          const soFar = structuredClone(stretch.tally);
          for (const about of generations) add(soFar, about, { isWhole: false, isEarly: true });
          return soFar;
        },
        blur() {
          stretch.early = new Set(generations);
          const { made, served } = stretch.tally;
          for (const range of [made.prompt, made.completion, served.prompt, served.completion]) range.min = 0;
        },
        close() {
          stretches.delete(stretch);
        },
      };
    },
  };
}

function widen(range: TokenRange, min: number, max: number): void {
  range.min += min;
  range.max += max;
}

function emptyTally(): Tally {
  const none = (): TokenRange => ({ min: 0, max: 0 });
  return {
    made: { prompt: none(), completion: none() },
    served: { prompt: none(), completion: none() },
    canary: { prompt: 0, completion: 0 },
  };
}
