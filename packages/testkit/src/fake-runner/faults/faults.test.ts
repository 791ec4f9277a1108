import { createSseParser } from "@tera/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { expectedChat } from "../expected.ts";
import { type FakeRunner, startFakeRunner } from "../server.ts";
import type { FakeRunnerSettingsChange } from "../settings.ts";

const body = { messages: [{ role: "user", content: "Tell me something." }], max_tokens: 12 };
const expectedText = expectedChat(body).choices[0]?.content ?? "";
const chunkSchema = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).optional(),
});

let runner: FakeRunner;
let leave: AbortController;
beforeEach(async () => {
  runner = await startFakeRunner();
  leave = new AbortController();
});
afterEach(async () => {
  leave.abort();
  await runner.close();
});

function post(more: object = {}, path = "/v1/chat/completions"): Promise<Response> {
  return fetch(runner.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, ...more }),
    signal: leave.signal,
  });
}

function get(path: string): Promise<Response> {
  return fetch(runner.url + path, { signal: leave.signal });
}

/** A stream as far as it goes. */
async function stream(onText: (text: string) => void = () => undefined) {
  const seen = { bytes: "", events: [] as string[], text: "", broke: false };
  const decoder = new TextDecoder();
  const parser = createSseParser((data) => {
    seen.events.push(data);
    const chunk = chunkSchema.safeParse(parseJson(data));
    if (chunk.success) for (const { delta } of chunk.data.choices) seen.text += delta.content ?? "";
  });
  const response = await post({ stream: true, stream_options: { include_usage: true } });
  try {
    for await (const piece of response.body ?? []) {
      parser.push(piece);
      seen.bytes += decoder.decode(piece, { stream: true });
      onText(seen.text);
    }
  } catch {
    seen.broke = true;
  }
  return seen;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstTokens(count: number): string {
  return expectedChat({ ...body, max_tokens: count }).choices[0]?.content ?? "";
}

function set(...faults: NonNullable<FakeRunnerSettingsChange["faults"]>): void {
  runner.set({ faults });
}

describe("instead of an answer", () => {
  test("a list is a script: each fault has its times, then all is well", async () => {
    set({ kind: "status", times: 2 }, { kind: "status", status: 429, retryAfterS: 7, times: 1 });
    const statuses = [];
    for (let request = 0; request < 4; request++) statuses.push((await post()).status);
    expect(statuses).toEqual([500, 500, 429, 200]);
    expect(runner.report().faults).toEqual({ status: 3 });
    expect(runner.report().requests.map(({ fault, state }) => [fault, state])).toEqual([
      ["status", "refused"],
      ["status", "refused"],
      ["status", "refused"],
      [null, "finished"],
    ]);
  });

  test("without times a fault strikes until it is healed", async () => {
    set({ kind: "status", status: 429, retryAfterS: 7 });
    const refused = await post();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(await refused.json()).toMatchObject({ error: { code: 429 } });
    runner.set({ slots: 3 });
    expect((await post()).status).toBe(429);
    runner.set({ faults: null });
    expect((await post()).status).toBe(200);
  });

  test.each([200, 502])("a proxy's page with status %d", async (status) => {
    set({ kind: "html", status });
    const answer = await post();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "text/html"]);
    expect(await answer.text()).toContain("</html>");
  });

  test("the connection is reset before the headers", async () => {
    set({ kind: "reset-before-headers" });
    await expect(post()).rejects.toThrow();
  });

  test("the connection is reset after the headers, with nothing in between", async () => {
    set({ kind: "reset-after-headers" });
    const seen = await stream();
    expect(seen).toMatchObject({ bytes: "", broke: true });
  });

  test("nothing comes until the client leaves, also when it is healed meanwhile", async () => {
    set({ kind: "hang-before-headers" });
    const answer = expect(post()).rejects.toThrow("aborted");
    await vi.waitFor(() => expect(runner.report().faults).toEqual({ "hang-before-headers": 1 }));
    runner.set({ faults: null });
    expect((await post()).status).toBe(200);
    expect(runner.report().requests[0]?.state).toBe("waiting");
    leave.abort();
    await answer;
    await vi.waitFor(() => expect(runner.report().requests[0]?.state).toBe("aborted"));
  });
});

describe("within an answer", () => {
  test("it hangs after some tokens and keeps its slot until the client leaves", async () => {
    set({ kind: "hang-mid-stream", afterTokens: 4 });
    const wanted = firstTokens(4);
    const seen = stream((text) => {
      if (text === wanted) queueMicrotask(() => leave.abort());
    });
    await vi.waitFor(() => expect(runner.report().faults).toEqual({ "hang-mid-stream": 1 }));
    expect(await seen).toMatchObject({ text: wanted, broke: true });
    await vi.waitFor(() => expect(runner.report()).toMatchObject({ running: 0, totals: { aborted: 1 } }));
  });

  test("it is reset after some tokens", async () => {
    set({ kind: "reset-mid-stream", afterTokens: 5 });
    expect(await stream()).toMatchObject({ text: firstTokens(5), broke: true });
  });

  test("it ends within an event as if all were well", async () => {
    set({ kind: "half-event", afterTokens: 5 });
    const seen = await stream();
    expect(seen).toMatchObject({ text: firstTokens(5), broke: false });
    expect(seen.bytes).not.toMatch(/\n$/);
    expect(seen.bytes.slice(seen.bytes.lastIndexOf("\n") + 1)).toMatch(/^data: \{"id"/);
  });

  test("one event cannot be read", async () => {
    set({ kind: "broken-json", afterTokens: 5 });
    const { events, broke } = await stream();
    expect(broke).toBe(false);
    expect(events.filter((data) => data !== "[DONE]" && parseJson(data) === undefined)).toHaveLength(1);
    expect(events.at(-1)).toBe("[DONE]");
  });

  test("one line is very long, and goes no faster than its reader reads", async () => {
    const bytes = 100_000_000;
    set({ kind: "long-line", afterTokens: 2, bytes });
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    const response = await post({ stream: true });
    await vi.waitFor(() => expect(runner.report().faults).toEqual({ "long-line": 1 }));
    // Both ends live in this process: whatever either of them held would be seen.
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().external - before).toBeLessThan(bytes / 2);
    let read = 0;
    let tail = "";
    for await (const piece of response.body ?? []) {
      read += piece.length;
      tail = (tail + Buffer.from(piece).toString("latin1")).slice(-200);
    }
    expect(read).toBeGreaterThan(bytes);
    expect(tail).toContain("data: [DONE]");
  });

  test("with a moment after the answer's end it does not strike", async () => {
    set({ kind: "reset-mid-stream", afterTokens: 12 });
    expect(await stream()).toMatchObject({ text: expectedText, broke: false });
    expect(runner.report().faults).toEqual({});
  });

  test("healed before its moment it does not strike", async () => {
    runner.set({ msPerToken: 5, faults: [{ kind: "reset-mid-stream", afterTokens: 8 }] });
    const seen = await stream((text) => {
      if (text !== "") runner.set({ faults: null });
    });
    expect(seen).toMatchObject({ text: expectedText, broke: false });
  });

  test.each(["hang-mid-stream", "reset-mid-stream", "half-event", "broken-json"] as const)(
    "%s strikes a whole answer too",
    async (kind) => {
      set({ kind });
      const answer = post()
        .then(async (response) => parseJson(await response.text()))
        .catch(() => undefined);
      await vi.waitFor(() => expect(runner.report().faults).toEqual({ [kind]: 1 }));
      leave.abort();
      expect(await answer).toBeUndefined();
    },
  );
});

describe("not quite an error", () => {
  test("CRLF, comments and bytes one by one say what they would have said", async () => {
    for (const kind of ["crlf-and-comments", "every-byte-apart"] as const) {
      set({ kind });
      const seen = await stream();
      expect(seen).toMatchObject({ text: expectedText, broke: false });
      expect(seen.events.at(-1)).toBe("[DONE]");
      if (kind === "crlf-and-comments") expect(seen.bytes).toMatch(/: inside\r\ndata: /);
    }
    expect(runner.report().faults).toEqual({ "crlf-and-comments": 1, "every-byte-apart": 1 });
  });

  test("usage is told wrong, the text is right", async () => {
    set({ kind: "usage", promptTokens: -3, completionTokens: 1e15 });
    const seen = await stream();
    expect(seen.text).toBe(expectedText);
    const usage = seen.events.map((data) => chunkSchema.safeParse(parseJson(data)).data?.usage);
    expect(usage.find((one) => one !== undefined)).toEqual({ prompt_tokens: -3, completion_tokens: 1e15 });
  });
});

describe("pages", () => {
  test("answer 200 while generation fails: they lie", async () => {
    set({ kind: "status" });
    expect((await get("/health")).status).toBe(200);
    expect((await get("/v1/models")).status).toBe(200);
    expect((await post()).status).toBe(500);
  });

  test("fail while generation works, when the fault is on them", async () => {
    set({ kind: "status", status: 503, on: "pages" });
    expect((await get("/health")).status).toBe(503);
    expect((await post()).status).toBe(200);
  });

  test("are all refused for a while after the start", async () => {
    await runner.close();
    runner = await startFakeRunner({ faults: [{ kind: "slow-start", forMs: 200 }] });
    expect([(await get("/v1/models")).status, (await post()).status]).toEqual([503, 503]);
    await vi.waitFor(async () => expect((await get("/v1/models")).status).toBe(200), { timeout: 5_000 });
    expect((await post()).status).toBe(200);
    set({ kind: "slow-start", forMs: 60_000, answer: "reset" });
    await expect(get("/health")).rejects.toThrow();
    expect((await get("/_control")).status).toBe(200);
  });
});

test("a fault that does not exist, or cannot strike here, is refused and changes nothing", async () => {
  for (const kind of ["earthquake", "exit"]) {
    expect((await post({ faults: [{ kind }] }, "/_control")).status).toBe(400);
  }
  expect((await post()).status).toBe(200);
});

test("what struck is forgotten with the requests", async () => {
  set({ kind: "status" });
  await post();
  await fetch(`${runner.url}/_control/requests`, { method: "DELETE" });
  expect(runner.report()).toMatchObject({ faults: {}, requests: [] });
});
