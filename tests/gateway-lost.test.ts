/** A gateway is killed: its streams break, nobody generates for it any longer, and what it served is on record through the worker's copy. */
import OpenAI from "openai";
import { expect, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 2, runner: { msPerToken: 5 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });

test("the engine's slot is free within 5 s, and another gateway records the usage", async () => {
  const messages = [{ role: "user" as const, content: "Go on." }];
  const stream = await client.chat.completions.create({
    model: stack.model,
    messages,
    max_tokens: 100_000,
    stream: true,
  });
  let received = 0;
  const broken = expect(
    (async () => {
      for await (const _ of stream) {
        if (++received === 20) await stack.gateways[0]?.process.kill("SIGKILL");
      }
    })(),
  ).rejects.toThrow();
  await broken;
  const killedAtMs = performance.now();
  await expect.poll(async () => (await stack.runners[0]?.report())?.running, { interval: 20, timeout: 10_000 }).toBe(0);
  expect(performance.now() - killedAtMs).toBeLessThan(5_000);
  await expect.poll(() => usageRows(stack, 1).catch(() => []), { interval: 100, timeout: 30_000 }).toHaveLength(1);
  const [row] = await usageRows(stack, 1);
  const generated = (await stack.runners[0]?.report())?.totals.generatedTokens ?? 0;
  expect(row).toMatchObject({ gatewayId: "gateway-1", workerId: "worker-1", accountId: stack.accountId });
  expect(row?.completionTokens).toBeGreaterThanOrEqual(received - 1);
  expect(row?.completionTokens).toBeLessThanOrEqual(generated);
});

test("one that is back at once, under its name, keeps no slot busy with what it has forgotten", async () => {
  const [, survivor] = stack.gateways;
  const [runner] = stack.runners;
  if (survivor === undefined || runner === undefined) throw new Error("the stack has no second gateway");
  await runner.control({ faults: [{ kind: "hang-mid-stream", afterTokens: 3 }] });
  const asked = new OpenAI({
    apiKey: stack.apiKey,
    baseURL: `${survivor.url}/v1`,
    maxRetries: 0,
  }).chat.completions.create({
    model: stack.model,
    messages: [{ role: "user", content: "Go on." }],
    max_tokens: 100,
  });
  const broken = expect(asked).rejects.toThrow();
  await expect.poll(async () => (await runner.report()).running, { interval: 20, timeout: 10_000 }).toBe(1);
  const before = (await usageRows(stack, 0)).length;
  await survivor.process.kill("SIGKILL");
  await stack.revive(survivor);
  await broken;
  await expect.poll(async () => (await runner.report()).running, { interval: 20, timeout: 8_000 }).toBe(0);
  await expect
    .poll(async () => (await usageRows(stack, 0)).length, { interval: 100, timeout: 20_000 })
    .toBe(before + 1);
});
