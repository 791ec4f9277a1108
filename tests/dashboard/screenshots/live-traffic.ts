/** Customers at work while the pictures are taken: streams, a few at a time, some given up, some refused. */
import { setTimeout } from "node:timers/promises";
import type { Stack } from "@tera/testkit";

const customersMax = 6;
const pauseMs = 150;
/** Every so many requests one is given up, and one is not understood. */
const giveUpEvery = 9;
const refuseEvery = 13;

export function startTraffic({ baseUrl, apiKey, model }: Stack): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let count = 0;

  async function ask(): Promise<void> {
    const turn = ++count;
    const giveUp = turn % giveUpEvery === 0 ? [AbortSignal.timeout(pauseMs)] : [];
    const answer = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: turn % refuseEvery === 0 ? "no-such-model" : model,
        messages: [{ role: "user", content: "Tell me of the sea. ".repeat(10 + (turn % 40)) }],
        max_tokens: 60 + (turn % 80),
        stream: true,
      }),
      signal: AbortSignal.any([stopping.signal, ...giveUp]),
    });
    await answer.text();
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      await ask().catch(() => undefined);
      await setTimeout(pauseMs);
    }
  }

  const customers = Array.from({ length: customersMax }, work);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(customers);
    },
  };
}
