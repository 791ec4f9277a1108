/** A worker is killed: what waited for a slot, and whole answers that it had begun, are done by another. */
import { expectedChat } from "@tera/testkit";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ workers: 2, fakeRunners: 2, runner: { slots: 1, msPerToken: 20 } });
const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });

function body(number: number, tokens: number) {
  return {
    model: stack.model,
    messages: [{ role: "user" as const, content: `Question ${number}` }],
    max_tokens: tokens,
  };
}

async function runningPerRunner(): Promise<number[]> {
  return Promise.all(stack.runners.map(async (runner) => (await runner.report()).running));
}

test("another worker does what waited, byte for byte, and each request is on record once", async () => {
  // Two fill both slots for a second.
  const running = [0, 1].map((number) => client.chat.completions.create(body(number, 50)));
  const ends = Promise.allSettled(running);
  await expect.poll(runningPerRunner, { interval: 10 }).toEqual([1, 1]);
  const waitingBodies = [2, 3, 4, 5].map((number) => body(number, 5));
  const waiting = Promise.all(waitingBodies.map((one) => client.chat.completions.create(one)));
  await expect
    .poll(async () => (await fetch(`${stack.gateways[0]?.operationsUrl}/metrics`)).text(), { interval: 10 })
    .toMatch(/open_requests\S* 6/);

  await stack.workers[0]?.process.kill("SIGKILL");

  const texts = (await waiting).map((answer) => answer.choices[0]?.message.content);
  expect(texts).toEqual(waitingBodies.map((one) => expectedChat(one).choices[0]?.content));
  expect((await ends).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  const rows = await usageRows(stack, 6);
  expect(rows).toHaveLength(6);
  expect(rows.filter(({ completionTokens, status }) => completionTokens === 5 && status === "succeeded")).toHaveLength(
    4,
  );
});
