import { type FakeRunner, startFakeRunner } from "@tera/testkit";
import { afterEach, expect, it } from "vitest";
import { profileOf } from "./detect.ts";
import { engineNames } from "./engine-names.ts";
import { engineProfiles } from "./engine-profiles.ts";

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
    const fake = await startFake({ dialect: engine, models: ["m"] });
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }], max_tokens: 1 });
    await (await fetch(`${fake.url}/v1/chat/completions`, { method: "POST", body })).text();
    const text = await (await fetch(fake.url + metrics?.path)).text();
    const samples = text.split("\n").flatMap((line) => /^[\w:]+/.exec(line)?.[0] ?? []);
    expect(samples).toEqual(
      expect.arrayContaining([metrics?.running, metrics?.waiting, metrics?.promptTokens, metrics?.completionTokens]),
    );
  },
);
