/** Steady load: so many clients at once, each asking again as soon as it has its answer, about every other time as a stream. */

import { createRandom } from "@tera/testkit";
import { type AskOptions, ask, type Outcome, type Question } from "./ask.ts";

/** Begins every prompt of the load: the runner's log tells them from canaries by it. */
export const loadMark = "Chaos question";

export interface Load {
  readonly outcomes: readonly Outcome[];
  /** Starts nothing more. Resolves when all that runs has ended. */
  stop(): Promise<void>;
}

export interface LoadOptions extends AskOptions {
  model: string;
  clients: number;
  seed: number;
}

export function startLoad({ model, clients, seed, ...options }: LoadOptions): Load {
  const random = createRandom(seed);
  const outcomes: Outcome[] = [];
  let stopped = false;
  let asked = 0;

  function next(): Question {
    const number = asked++;
    return {
      model,
      messages: [{ role: "user", content: `${loadMark} ${seed}/${number}: ${"why ".repeat(random(40))}?` }],
      max_tokens: 16 + random(16),
      seed: random(1_000),
      // Not by turns: workers take turns too, and one of them would get all streams.
      stream: random(2) === 0,
    };
  }

  async function runClient(): Promise<void> {
    while (!stopped) outcomes.push(await ask(next(), options));
  }
  const running = Promise.all(Array.from({ length: clients }, runClient));

  return {
    outcomes,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
