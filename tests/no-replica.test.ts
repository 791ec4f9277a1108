/** Nobody serves the model any more: clients hear it at once, and when to come back. */
import OpenAI from "openai";
import { expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack();
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
const body = { model: stack.model, messages: [{ role: "user" as const, content: "hi" }] };

test("503 with retry-after when the engine is down, within 300 ms; service again when it is back", async () => {
  await client.chat.completions.create(body);
  await stack.workers[0]?.process.kill("SIGSTOP");
  // The worker is silent for 3 s before it counts as lost.
  await expect
    .poll(
      async () =>
        (await fetch(`${stack.baseUrl}/models`, { headers: { authorization: `Bearer ${stack.apiKey}` } })).text(),
      { interval: 50, timeout: 10_000 },
    )
    .not.toContain(stack.model);

  const askedAtMs = performance.now();
  const refused = await client.chat.completions.create(body).catch((error: unknown) => error);
  expect(performance.now() - askedAtMs).toBeLessThan(300);
  if (!(refused instanceof OpenAI.APIError)) throw new Error(`not refused: ${JSON.stringify(refused)}`);
  expect(refused).toMatchObject({ status: 503, type: "service_unavailable" });
  expect(Number(refused.headers?.get("retry-after"))).toBeGreaterThan(0);

  await stack.workers[0]?.process.kill("SIGCONT");
  await stack.waitForModel(stack.model);
  expect((await client.chat.completions.create(body)).choices).toHaveLength(1);
});

test("what waits is answered too when the only engine fails everything", async () => {
  await stack.runners[0]?.control({ faults: [{ kind: "status", status: 500 }] });
  const refusals = await Promise.all(
    Array.from({ length: 100 }, () => client.chat.completions.create(body).then(String, (error: unknown) => error)),
  );
  for (const refusal of refusals) {
    expect(refusal).toSatisfy((error) => error instanceof OpenAI.APIError && [500, 503].includes(error.status ?? 0));
  }
});
