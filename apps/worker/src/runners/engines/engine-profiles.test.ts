import type { ChatMessage } from "@tera/protocol";
import { type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { profileOf } from "./detect.ts";
import { engineNames } from "./engine-names.ts";
import type { EngineModel } from "./engine-profile.ts";
import { engineProfiles } from "./engine-profiles.ts";
import { toChatBody } from "./openai-request.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Settings = NonNullable<Parameters<typeof startFakeRunner>[0]>;

async function startFake(settings: Settings): Promise<FakeRunner> {
  const fake = await startFakeRunner(settings);
  cleanups.push(() => fake.close());
  return fake;
}

it("there is one profile for each name", () => {
  expect(engineProfiles.map(({ name }) => name).toSorted()).toEqual([...engineNames].toSorted());
});

it.each(["vllm", "sglang", "llamacpp", "tgi"] as const)(
  "%s counts under the names that its profile has",
  async (engine) => {
    const { metrics } = profileOf(engine);
    const fake = await startFake({ dialect: engine });
    const text = await (await fetch(fake.url + metrics?.path)).text();
    const samples = text.split("\n").flatMap((line) => /^[\w:]+/.exec(line)?.[0] ?? []);
    expect(samples).toEqual(
      expect.arrayContaining([metrics?.running, metrics?.waiting, metrics?.promptTokens, metrics?.completionTokens]),
    );
  },
);

describe("the text of a final assistant message", () => {
  const model: EngineModel = { engineId: "m", publicId: "m", kind: "text", isLoaded: true, isAdapter: false };

  async function ask(
    url: string,
    messages: ChatMessage[],
    maxTokens: number,
    fields: object,
    engine: "vllm" | "sglang" | "llamacpp",
  ) {
    const { text } = profileOf(engine);
    if (text === undefined) throw new TypeError("no text");
    const request = { kind: "chat" as const, model: "m", messages, n: 1, sampling: { maxTokens } };
    const { stream: _, stream_options: __, timings_per_token: ___, ...body } = toChatBody(request, model, text);
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ ...body, ...fields }),
    });
    return (await response.json()) as { choices: [{ message: { content: string } }] };
  }

  it.each(["vllm", "sglang", "llamacpp"] as const)(
    "is continued by %s as its profile says, token for token",
    async (engine) => {
      const { url } = await startFake({ dialect: engine, models: ["m"] });
      const { continuation } = profileOf(engine).text ?? {};
      const user: ChatMessage = { role: "user", content: "hi" };
      const contentOf = async (messages: ChatMessage[], maxTokens: number, fields: object) =>
        (await ask(url, messages, maxTokens, fields, engine)).choices[0].message.content;
      const whole = await contentOf([user], 8, {});
      const start = await contentOf([user], 3, {});
      const fields = typeof continuation === "object" ? continuation : {};
      expect(continuation).toBeDefined();
      expect(whole.startsWith(start)).toBe(true);
      expect(await contentOf([user, { role: "assistant", content: start }], 5, fields)).toBe(whole.slice(start.length));
    },
  );
});
