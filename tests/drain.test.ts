/** SIGTERM: what runs is finished to the last byte, what is new goes elsewhere, and the process ends cleanly. */
import { expectedChat, type Stack } from "@tera/testkit";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({
  gateways: 2,
  workers: 2,
  fakeRunners: 2,
  runner: { msPerToken: 20 },
  env: { gateway: { TERA_GATEWAY_HEALTH_PUBLIC: "true" } },
});

function clientOf(stack: Stack, gateway: number): OpenAI {
  return new OpenAI({ apiKey: stack.apiKey, baseURL: `${stack.gateways[gateway]?.url}/v1`, maxRetries: 0 });
}

const body = { model: stack.model, messages: [{ role: "user" as const, content: "A long story." }], max_tokens: 100 };

/** Streams two seconds' worth; `begun` resolves with the first token. */
function tell(client: OpenAI): { begun: Promise<void>; text: Promise<string> } {
  const begun = Promise.withResolvers<void>();
  async function read(): Promise<string> {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text !== "") begun.resolve();
    }
    return text;
  }
  return { begun: begun.promise, text: read() };
}

test("a gateway", async () => {
  const [gateway] = stack.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  const story = tell(clientOf(stack, 0));
  await story.begun;
  const isReady = async () => (await fetch(`${gateway.url}/health/ready`)).ok;
  expect(await isReady()).toBe(true);
  const stopped = gateway.process.stop();
  onTestFinished(() => stack.revive(gateway));
  await expect.poll(isReady, { interval: 10, timeout: 10_000 }).toBe(false);
  await expect(clientOf(stack, 0).chat.completions.create(body)).rejects.toMatchObject({ status: 503 });
  expect(await story.text).toBe(expectedChat(body).choices[0]?.content);
  await stopped;
  expect((await usageRows(stack, 1)).at(-1)).toMatchObject({
    status: "succeeded",
    completionTokens: 100,
    gatewayId: "gateway-1",
  });
});

test("a worker", async () => {
  const client = clientOf(stack, 1);
  const stories = [tell(client), tell(client)];
  await Promise.all(stories.map(({ begun }) => begun));
  await stack.workers[0]?.process.stop();
  expect(await Promise.all(stories.map(({ text }) => text))).toEqual(
    Array(2).fill(expectedChat(body).choices[0]?.content),
  );
  expect((await client.chat.completions.create(body)).choices[0]?.message.content).toBe(
    expectedChat(body).choices[0]?.content,
  );
});
