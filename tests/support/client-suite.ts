/** What OpenAI's own client must be able to do, whatever engine answers: run against the fake runner and against llama.cpp. */
import type { Stack } from "@tera/testkit";
import OpenAI from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import { usageRow } from "./usage-rows.ts";

export interface ClientTarget {
  stack: Stack;
  model: string;
  /** A question that every engine answers with a call of get_weather when it may. */
  weatherQuestion: string;
}

const weatherTool = {
  type: "function" as const,
  function: {
    name: "get_weather",
    description: "The weather in a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string", description: "Name of the city." } },
      required: ["city"],
    },
  },
};

export function describeOpenAiClient(target: ClientTarget): void {
  const { stack, model } = target;
  let client: OpenAI;
  beforeAll(() => {
    client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
  });
  const question = [{ role: "user" as const, content: "What is the capital of France?" }];
  const fixed = { model, temperature: 0, seed: 1, max_tokens: 24 };

  describe("chat", () => {
    test("answers, counts, and keeps the same count in Postgres", async () => {
      const { data: answer, response } = await client.chat.completions
        .create({ ...fixed, messages: question })
        .withResponse();
      expect(answer).toMatchObject({ object: "chat.completion", model });
      expect(answer.choices[0]?.message).toMatchObject({ role: "assistant", content: expect.stringMatching(/\S/) });
      expect(answer.choices[0]?.finish_reason).toMatch(/^(stop|length)$/);
      const { usage } = answer;
      expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
      const requestId = response.headers.get("x-request-id") ?? "";
      expect(response.headers.get("x-tera-request-id")).toBe(requestId);
      expect(await usageRow(stack, requestId)).toMatchObject({
        accountId: stack.accountId,
        keyId: stack.keyId,
        model,
        endpoint: "chat",
        stream: false,
        status: "succeeded",
        finishReason: answer.choices[0]?.finish_reason,
        promptTokens: usage?.prompt_tokens,
        completionTokens: usage?.completion_tokens,
        usageSource: "engine",
        attempts: 1,
      });
    });

    test("streams the same text, with the role first and the usage last", async () => {
      const whole = await client.chat.completions.create({ ...fixed, messages: question });
      const stream = await client.chat.completions.create({
        ...fixed,
        messages: question,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = await Array.fromAsync(stream);
      expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(
        whole.choices[0]?.message.content,
      );
      expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason);
      expect(chunks.at(-1)?.choices).toEqual([]);
      expect(chunks.at(-1)?.usage?.completion_tokens).toBe(whole.usage?.completion_tokens);
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    });

    test("streams without usage unless it was asked for", async () => {
      const stream = await client.chat.completions.create({ ...fixed, messages: question, stream: true });
      const chunks = await Array.fromAsync(stream);
      expect(chunks.every((chunk) => chunk.usage == null && chunk.choices.length === 1)).toBe(true);
    });

    test("ends at max_tokens with length", async () => {
      const answer = await client.chat.completions.create({ ...fixed, messages: question, max_tokens: 2 });
      expect(answer.choices[0]?.finish_reason).toBe("length");
      expect(answer.usage?.completion_tokens).toBe(2);
    });

    test("ends before a stop string", async () => {
      const whole =
        (await client.chat.completions.create({ ...fixed, messages: question })).choices[0]?.message.content ?? "";
      const stop = whole.slice(4, 8);
      const answer = await client.chat.completions.create({ ...fixed, messages: question, stop: [stop] });
      expect(answer.choices[0]?.message.content).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(answer.choices[0]?.finish_reason).toBe("stop");
    });

    test("gives n choices", async () => {
      const answer = await client.chat.completions.create({ ...fixed, messages: question, n: 2 });
      expect(answer.choices.map(({ index }) => index)).toEqual([0, 1]);
    });
  });

  describe("tools", () => {
    test("are called, and their answers answered", async () => {
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: target.weatherQuestion }];
      const asked = await client.chat.completions.create({ ...fixed, max_tokens: 64, messages, tools: [weatherTool] });
      const [choice] = asked.choices;
      expect(choice?.finish_reason).toBe("tool_calls");
      const [call] = choice?.message.tool_calls ?? [];
      if (choice === undefined || call?.type !== "function") throw new Error("no call");
      expect(call.function.name).toBe("get_weather");
      expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) });

      messages.push(choice.message, { role: "tool", tool_call_id: call.id, content: '{"temperature": 21}' });
      const answer = await client.chat.completions.create({ ...fixed, messages, tools: [weatherTool] });
      expect(answer.choices[0]?.message.content).toMatch(/\S/);
    });

    test("are called in a stream, piece by piece", async () => {
      const stream = client.chat.completions.stream({
        ...fixed,
        max_tokens: 64,
        messages: [{ role: "user", content: target.weatherQuestion }],
        tools: [weatherTool],
      });
      const { choices } = await stream.finalChatCompletion();
      expect(choices[0]?.finish_reason).toBe("tool_calls");
      const [call] = choices[0]?.message.tool_calls ?? [];
      if (call?.type !== "function") throw new Error("no call");
      expect(call.id).toMatch(/\S/);
      expect(call.function.name).toBe("get_weather");
      expect(JSON.parse(call.function.arguments)).toHaveProperty("city");
    });

    test("are called when they must be", async () => {
      const answer = await client.chat.completions.create({
        ...fixed,
        max_tokens: 64,
        messages: question,
        tools: [weatherTool],
        tool_choice: "required",
      });
      expect(answer.choices[0]?.message.tool_calls).toHaveLength(1);
    });
  });

  test("a schema is kept to", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, population: { type: "integer" }, coastal: { type: "boolean" } },
      required: ["city", "population", "coastal"],
      additionalProperties: false,
    };
    const answer = await client.chat.completions.create({
      ...fixed,
      max_tokens: 200,
      messages: question,
      response_format: { type: "json_schema", json_schema: { name: "city", strict: true, schema } },
    });
    if (answer.choices[0]?.finish_reason !== "stop") throw new Error("the answer was cut off");
    expect(JSON.parse(answer.choices[0].message.content ?? "")).toEqual({
      city: expect.any(String),
      population: expect.any(Number),
      coastal: expect.any(Boolean),
    });
  });

  test("an answer may have to be JSON", async () => {
    const answer = await client.chat.completions.create({
      ...fixed,
      max_tokens: 200,
      messages: [{ role: "user", content: "Give me the city of Paris as JSON." }],
      response_format: { type: "json_object" },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toBeTypeOf("object");
  });

  test("reasoning is kept apart from the answer", async () => {
    const answer = await client.chat.completions.create({
      ...fixed,
      max_tokens: 200,
      messages: question,
      reasoning_effort: "low",
    });
    const message = answer.choices[0]?.message;
    expect(message).toHaveProperty("reasoning_content", expect.stringMatching(/\S/));
    expect(message?.content).not.toContain("think>");
    expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  });

  describe("completion", () => {
    test("goes on where the prompt ends, whole and streamed", async () => {
      const whole = await client.completions.create({ ...fixed, prompt: "The river" });
      expect(whole).toMatchObject({ object: "text_completion", model });
      const stream = await client.completions.create({ ...fixed, prompt: "The river", stream: true });
      const chunks = await Array.fromAsync(stream);
      expect(chunks.map((chunk) => chunk.choices[0]?.text ?? "").join("")).toBe(whole.choices[0]?.text);
    });

    test("answers several prompts in order", async () => {
      const answer = await client.completions.create({ ...fixed, prompt: ["One", "Two"], echo: true });
      expect(answer.choices.map(({ index }) => index)).toEqual([0, 1]);
      expect(answer.choices[0]?.text.startsWith("One")).toBe(true);
      expect(answer.choices[1]?.text.startsWith("Two")).toBe(true);
    });
  });

  describe("models", () => {
    test("are listed, and found by an id with a slash, encoded or not", async () => {
      const listed = await Array.fromAsync(await client.models.list());
      expect(listed.map(({ id }) => id)).toContain(model);
      expect((await client.models.retrieve(model)).id).toBe(model);
      const raw = await fetch(`${stack.baseUrl}/models/${model}`, {
        headers: { authorization: `Bearer ${stack.apiKey}` },
      });
      expect(await raw.json()).toMatchObject({ id: model, object: "model" });
      await expect(client.models.retrieve("no/such")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    });
  });

  describe("is refused", () => {
    test("with a wrong key", async () => {
      for (const apiKey of ["sk-tera-wrong", "", `${stack.apiKey.slice(0, -1)}x`]) {
        const stranger = new OpenAI({ apiKey: apiKey || "none", baseURL: stack.baseUrl, maxRetries: 0 });
        const refused = stranger.chat.completions.create({ ...fixed, messages: question });
        await expect(refused).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
      }
    });

    test("for an unknown model", async () => {
      const refused = client.chat.completions.create({ ...fixed, model: "no/such", messages: question });
      await expect(refused).rejects.toMatchObject({ status: 404, code: "model_not_found", type: "model_not_found" });
    });

    test("for a bad value, naming it", async () => {
      const refused = client.chat.completions.create({ ...fixed, messages: question, temperature: 3 });
      await expect(refused).rejects.toMatchObject({ status: 400, param: "temperature", type: "invalid_request_error" });
    });

    test("for an endpoint that is not offered", async () => {
      const refused = client.embeddings.create({ model, input: "x" });
      await expect(refused).rejects.toMatchObject({ status: 404, code: "unsupported_endpoint" });
    });
  });
}
