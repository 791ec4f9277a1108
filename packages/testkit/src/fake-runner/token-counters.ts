/**
 * What the fake runner's metrics count since it began. Engines differ in when they count, and what: here is all of it, and each dialect shows what its engine would.
 *
 * Unlike the log of requests it is never cleared: only a restart brings an engine's counters back to 0.
 */

export interface TokenCounters {
  /** Of requests whose first token was made. */
  readonly begun: Readonly<PromptCounts>;
  /** As they are made. */
  readonly generated: number;
  /** Of requests that came to their end. */
  readonly finished: Readonly<PromptCounts & { generated: number }>;
  /** Of requests that left the engine, whether they came to their end or were aborted. */
  readonly released: Readonly<{ generated: number }>;
  begin(request: RequestTokens): CountedRequest;
}

export interface PromptCounts {
  prompt: number;
  /** Once for every answer to it. */
  promptPerAnswer: number;
  /** Without what the prefix cache had. */
  promptComputed: number;
}

export interface RequestTokens {
  prompt: number;
  cached: number;
  answersPerPrompt: number;
}

export interface CountedRequest {
  /** @param generated tokens so far. */
  stepped(generated: number): void;
  ended(how: "finished" | "aborted"): void;
}

export function createTokenCounters(): TokenCounters {
  const none = () => ({ prompt: 0, promptPerAnswer: 0, promptComputed: 0 });
  const begun = none();
  const finished = { ...none(), generated: 0 };
  const released = { generated: 0 };
  let generated = 0;

  function addPrompt(counts: PromptCounts, { prompt, cached, answersPerPrompt }: RequestTokens): void {
    counts.prompt += prompt;
    counts.promptPerAnswer += prompt * answersPerPrompt;
    counts.promptComputed += prompt - cached;
  }

  return {
    begun,
    finished,
    released,
    get generated() {
      return generated;
    },
    begin(request) {
      let own = 0;
      let isOpen = true;
      return {
        stepped(soFar) {
          if (own === 0) addPrompt(begun, request);
          generated += soFar - own;
          own = soFar;
        },
        ended(how) {
          if (!isOpen) return;
          isOpen = false;
          released.generated += own;
          if (how === "aborted") return;
          addPrompt(finished, request);
          finished.generated += own;
        },
      };
    },
  };
}
