/** What the Vercel AI SDK must be able to do, whatever engine answers. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount, streamText, tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import type { ClientTarget } from "./client-suite.ts";

export function describeAiSdk({ stack, model, weatherQuestion }: ClientTarget): void {
  const provider = createOpenAICompatible({
    name: "tera",
    baseURL: stack.baseUrl,
    apiKey: stack.apiKey,
    includeUsage: true,
  });
  const fixed = { model: provider(model), temperature: 0, maxOutputTokens: 64, maxRetries: 0 };

  test("the AI SDK streams the text that it gets whole", async () => {
    const prompt = "What is the capital of France?";
    const whole = await generateText({ ...fixed, prompt });
    expect(whole.text).toMatch(/\S/);
    const streamed = streamText({ ...fixed, prompt });
    expect((await Array.fromAsync(streamed.textStream)).join("")).toBe(whole.text);
    expect((await streamed.usage).outputTokens).toBe(whole.usage.outputTokens);
    expect(whole.usage.outputTokens).toBeGreaterThan(0);
  });

  test("the AI SDK calls a tool and goes on with its answer", async () => {
    const cities: string[] = [];
    const streamed = streamText({
      ...fixed,
      prompt: weatherQuestion,
      stopWhen: isStepCount(2),
      tools: {
        get_weather: tool({
          description: "The weather in a city.",
          inputSchema: z.object({ city: z.string().describe("Name of the city.") }),
          execute: ({ city }) => {
            cities.push(city);
            return { temperature: 21 };
          },
        }),
      },
    });
    const text = await streamed.text;
    expect(cities).toHaveLength(1);
    expect(await streamed.steps).toHaveLength(2);
    expect(text).toMatch(/\S/);
  });
}
