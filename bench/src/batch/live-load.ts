/** Live requests: streams that keep some slots busy all the time, and short ones in between whose first token is timed. */
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readStream } from "../stream/sse-client.ts";
import type { Endpoint } from "../targets/target.ts";

export interface LiveLoad {
  /** Requests that are open now. */
  readonly open: number;
  /** Forgets the times so far. @returns them: from the sending of a short request to its first token. Milliseconds. */
  takeTtftsMs(): number[];
  /** Requests that broke; of interest while nothing is killed. */
  readonly errors: number;
  stop(): Promise<void>;
}

const streamTokens = 100;
const probeEveryMs = 60;
const afterErrorMs = 200;

export function startLiveLoad(endpoint: Endpoint, streams: number): LiveLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  let ttftsMs: number[] = [];
  let open = 0;
  let errors = 0;
  let stopping = false;

  async function ask(tokens: number): Promise<number | undefined> {
    open++;
    try {
      const prompt = "How are you?";
      return (await readStream({ endpoint, agent, prompt, tokens, onChunk: () => undefined })).ttftMs;
    } catch {
      errors++;
      await sleep(afterErrorMs);
      return undefined;
    } finally {
      open--;
    }
  }

  async function stream(): Promise<void> {
    while (!stopping) await ask(streamTokens);
  }

  async function probe(): Promise<void> {
    while (!stopping) {
      const ttftMs = await ask(1);
      if (ttftMs !== undefined) ttftsMs.push(ttftMs);
      // In no step with the engine.
      await sleep(probeEveryMs * (0.5 + Math.random()));
    }
  }

  const running = [probe(), ...Array.from({ length: streams }, stream)];
  return {
    get open() {
      return open;
    },
    get errors() {
      return errors;
    },
    takeTtftsMs() {
      const taken = ttftsMs;
      ttftsMs = [];
      return taken;
    },
    async stop() {
      stopping = true;
      await Promise.all(running);
      agent.destroy();
    },
  };
}
