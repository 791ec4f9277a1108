/** SIGTERM: what runs is finished to the last byte, what is new goes elsewhere, and the process ends cleanly. */
import { expectedChat, type Stack } from "@tera/testkit";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 2, workers: 2, fakeRunners: 2, runner: { msPerToken: 10 } });

function clientOf(stack: Stack, gateway: number): OpenAI {
  return new OpenAI({ apiKey: stack.apiKey, baseURL: `${stack.gateways[gateway]?.url}/v1`, maxRetries: 0 });
}

const body = { model: stack.model, messages: [{ role: "user" as const, content: "A long story." }], max_tokens: 100 };

/** Streams a second's worth; `begun` resolves with the first token. */
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
  const stopped = gateway.process.stop();
  await expect
    .poll(
      () =>
        clientOf(stack, 0)
          .chat.completions.create(body)
          .catch((error: unknown) => error),
      { interval: 10 },
    )
    .toBeInstanceOf(OpenAI.APIError);
  expect(await story.text).toBe(expectedChat(body).choices[0]?.content);
  await stopped;
  expect(await usageRows(stack, 1)).toMatchObject([
    { status: "succeeded", completionTokens: 100, gatewayId: "gateway-1" },
  ]);
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
