/** Lines of batches beside live requests: they fill what is left, give way, and one that its engine cannot bear fails alone. */
import OpenAI, { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

type Stack = Awaited<ReturnType<typeof useStack>>;
const clientOf = ({ baseUrl, apiKey }: Stack) => new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });

async function start(stack: Stack, prompts: readonly string[], tokens: number) {
  const client = clientOf(stack);
  const lines = prompts.map((content, index) =>
    JSON.stringify({
      custom_id: `line-${index}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: stack.model, messages: [{ role: "user", content }], max_tokens: tokens },
    }),
  );
  const file = await toFile(Buffer.from(lines.join("\n")), "input.jsonl");
  const { id } = await client.files.create({ file, purpose: "batch" });
  return client.batches.create({ input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" });
}

/** @returns once its first token is there, and it has a slot. */
async function ask(stack: Stack): Promise<void> {
  const messages = [{ role: "user" as const, content: "a live one" }];
  const stream = await clientOf(stack).chat.completions.create({
    model: stack.model,
    messages,
    max_tokens: 2,
    stream: true,
  });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) return;
}

const running = async (stack: Stack) => (await stack.runners[0]?.report())?.running;
const received = async (stack: Stack) => (await stack.runners[0]?.report())?.requests ?? [];
const isLine = ({ body }: { body: unknown }) => JSON.stringify(body).includes("a line");
const isLive = ({ body }: { body: unknown }) => JSON.stringify(body).includes("a live one");

describe("with four slots", async () => {
  // Lines that take much longer than the test: a live request that waited for one would be told from one that did not.
  const stack = await useStack({ runner: { slots: 4, msPerToken: 50 } });

  test("lines leave one, in which a live request begins at once", async () => {
    const batch = await start(stack, Array(50).fill("a line"), 2_000);
    await expect.poll(() => running(stack), { timeout: 20_000 }).toBe(3);
    for (let count = 0; count < 3; count++) await ask(stack);
    const requests = await received(stack);
    expect(requests.filter(isLive)).toHaveLength(3);
    // None of the lines that were there before has ended.
    const lines = requests.filter(isLine);
    expect(lines.map(({ state }) => state)).toEqual(["running", "running", "running"]);
    await clientOf(stack).batches.cancel(batch.id);
  });
});

describe("with one slot", async () => {
  const stack = await useStack({ runner: { slots: 1, msPerToken: 10 } });

  test("a live request waits for the line that runs, and for no other, however many wait", async () => {
    const batch = await start(stack, Array(300).fill("a line"), 100);
    await expect.poll(async () => (await received(stack)).length, { timeout: 20_000 }).toBeGreaterThan(2);
    for (let count = 0; count < 4; count++) {
      const before = (await received(stack)).length;
      await ask(stack);
      const since = (await received(stack)).slice(before);
      // The request is on its way while a line may end and another begin.
      expect(since.findIndex(isLive)).toBeLessThanOrEqual(2);
      expect(since.findIndex(isLive)).toBeGreaterThanOrEqual(0);
    }
    await clientOf(stack).batches.cancel(batch.id);
  });
});

describe("a line that its engine cannot bear", async () => {
  const stack = await useStack({
    runner: { slots: 8, faults: [{ kind: "reset-mid-stream", mark: "poison", afterTokens: 1 }] },
  });

  test("fails alone, after two tries", async () => {
    const { id } = await start(stack, ["good", "poison", ...Array(20).fill("good"), "poison"], 8);
    const client = clientOf(stack);
    await expect.poll(async () => (await client.batches.retrieve(id)).status, { timeout: 45_000 }).toBe("completed");
    const batch = await client.batches.retrieve(id);
    expect(batch.request_counts).toEqual({ total: 23, completed: 21, failed: 2 });
    const errors = (await (await client.files.content(batch.error_file_id ?? "")).text()).trim().split("\n");
    expect(errors.map((line) => JSON.parse(line).custom_id)).toEqual(["line-1", "line-22"]);
  });
});
