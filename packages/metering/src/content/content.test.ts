/** What is kept of prompts and answers, and for how long. */
import { connectDatabase, type Database, type RequestContent, requestContent } from "@tera/database";
import { createTestDatabase, startBreakableProxy, type TestDatabase } from "@tera/database/testing";
import type { ChatMessage, GenerationRequest } from "@tera/protocol";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAnswerKeeper } from "./answer-keeper.ts";
import { createContentStore, dropExpiredContent } from "./content-store.ts";
import { createContentWriter } from "./content-writer.ts";
import { keepPrompt } from "./keep-prompt.ts";
import { contentCharactersMax } from "./kept-text.ts";

const dayMs = 86_400_000;
let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connectDatabase({ url: testDatabase.url, name: "test" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const chat = (...messages: ChatMessage[]): GenerationRequest => ({
  kind: "chat",
  model: "m",
  n: 1,
  sampling: {},
  messages,
});
const user = (content: string): ChatMessage => ({ role: "user", content });

function content(requestId: string, change: Partial<RequestContent> = {}): RequestContent {
  return {
    requestId,
    accountId: "acct_1",
    keyId: "key_1",
    prompt: keepPrompt(chat(user("Hello"))),
    answer: { parts: [{ index: 0, text: "Hi" }], missingParts: 0 },
    expiresAt: new Date(Date.now() + dayMs),
    ...change,
  };
}

/** What was told, and nothing is expected to be. */
function listen() {
  const lines: string[] = [];
  const write = (fields: object, message: string) => void lines.push(JSON.stringify([fields, message]));
  let lost = 0;
  const onLost = (count: number) => {
    lost += count;
  };
  return { lines, lost: () => lost, options: { log: { info: write, warn: write, error: write }, onLost } };
}

async function writeAll(...contents: RequestContent[]): Promise<ReturnType<typeof listen>> {
  const heard = listen();
  const writer = createContentWriter({ store: createContentStore({ db: database.db }), ...heard.options });
  for (const each of contents) writer.add(each);
  await writer.close(5_000);
  return heard;
}

test("a prompt is kept by its newest messages, and says what is missing of it", () => {
  const long = "x".repeat(contentCharactersMax);
  expect(keepPrompt(chat(user("old"), user(long), user("new")))).toEqual({
    parts: [
      { role: "user", text: "x".repeat(contentCharactersMax - 3), cut: 3 },
      { role: "user", text: "new" },
    ],
    missingParts: 1,
  });
  const many = keepPrompt(chat(...Array.from({ length: 5_000 }, () => user(""))));
  expect([many.parts.length, many.missingParts]).toEqual([256, 4_744]);
});

test("parts of messages are kept as text, images not at all", () => {
  const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } };
  const call = { id: "c", type: "function" as const, function: { name: "look", arguments: '{"at":1}' } };
  const { parts } = keepPrompt(
    chat(
      { role: "system", content: [{ type: "text", text: "Be brief." }] },
      { role: "user", content: [{ type: "text", text: "What is it?" }, image] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", content: "a cat", tool_call_id: "c" },
    ),
  );
  expect(parts).toEqual([
    { role: "system", text: "Be brief." },
    { role: "user", text: "What is it?\n[image]" },
    { role: "assistant", text: 'look({"at":1})' },
    { role: "tool", text: "a cat" },
  ]);
});

test("of speech the input is kept, and no audio; of token ids as many as there is room for", () => {
  const speech: GenerationRequest = { kind: "speech", model: "m", input: "Say this.", format: "wav" };
  expect(keepPrompt(speech)).toEqual({ parts: [{ role: "input", text: "Say this." }], missingParts: 0 });
  const keeper = createAnswerKeeper();
  keeper.add([
    { index: 0, audio: "AAAA" },
    { index: 0, finishReason: "stop" },
  ]);
  expect(keeper.answer()).toEqual({ parts: [], missingParts: 0 });
  const ids: GenerationRequest = {
    kind: "completion",
    model: "m",
    prompts: [[1, 2, 3], new Array(1_000_000).fill(123_456)],
    echo: false,
    n: 1,
    sampling: {},
  };
  expect(keepPrompt(ids).parts).toEqual([expect.objectContaining({ role: "prompt", cut: expect.any(Number) })]);
});

test("an answer is gathered by choice; another attempt begins anew", () => {
  const keeper = createAnswerKeeper();
  keeper.add([{ index: 0, content: "forgotten" }]);
  keeper.restart();
  keeper.add([{ index: 1, content: "B" }]);
  keeper.add([
    { index: 0, reasoning: "hm" },
    { index: 0, content: "A" },
    { index: 0, content: "a" },
    { index: 0, toolCalls: [{ index: 0, id: "c", name: "look", arguments: '{"a' }] },
    { index: 0, toolCalls: [{ index: 0, arguments: '":1}' }] },
  ]);
  expect(keeper.answer()).toEqual({
    parts: [
      { index: 0, reasoning: "hm", text: "Aa", toolCalls: [{ name: "look", arguments: '{"a":1}' }] },
      { index: 1, text: "B" },
    ],
    missingParts: 0,
  });
});

test("however much an engine says, what is kept of it is bounded", () => {
  const keeper = createAnswerKeeper();
  for (let index = 0; index < 1_000; index++) {
    keeper.add([{ index, content: "y".repeat(1_000), toolCalls: [{ index, name: "n", arguments: "z".repeat(99) }] }]);
  }
  const { parts, missingParts } = keeper.answer();
  expect(JSON.stringify(parts).length).toBeLessThan(contentCharactersMax + 256 * 100);
  expect([parts.length, missingParts]).toEqual([256, 256]);
});

test("whatever a client or an engine sent can be stored and is found again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), fc.array(fc.string({ unit: "binary" })), async (asked, said) => {
      const keeper = createAnswerKeeper();
      for (const text of said) keeper.add([{ index: 0, content: `${text}\0\ud800` }]);
      const kept = content(`req_${Math.random()}`, { prompt: keepPrompt(chat(user(asked))), answer: keeper.answer() });
      const { lines, lost } = await writeAll(kept);
      expect([lines, lost()]).toEqual([[], 0]);
      expect(await createContentStore({ db: database.db }).find(kept.requestId)).toEqual(kept);
    }),
    { numRuns: 30 },
  );
});

test("what has expired is not found, and goes with its day; nothing else does", async () => {
  const at = (days: number) => new Date(Date.now() + days * dayMs);
  const gone = content("req_gone", { expiresAt: at(-3) });
  await writeAll(
    gone,
    content("req_late", { expiresAt: new Date(Date.now() - 1) }),
    content("req_kept", { expiresAt: at(2) }),
  );
  const { find } = createContentStore({ db: database.db });
  expect(await find("req_gone")).toBeUndefined();
  expect(await find("req_late")).toBeUndefined();
  const dropped = await dropExpiredContent(database.db);
  expect(dropped).toContainEqual({ day: gone.expiresAt.toISOString().slice(0, 10), bytes: expect.any(Number) });
  expect(dropped.every(({ day }) => day < new Date().toISOString().slice(0, 10))).toBe(true);
  expect(await database.db.$count(requestContent, sql`request_id = 'req_gone'`)).toBe(0);
  expect(await find("req_kept")).toMatchObject({ requestId: "req_kept" });
  expect(await dropExpiredContent(database.db)).toEqual([]);
});

test("the functions that make and drop days touch no other table, and no day that nothing can mean", async () => {
  const ask = (statement: string) => database.db.execute(sql.raw(statement));
  await expect(ask("select drop_expired_days('usage_event')")).rejects.toThrow();
  await expect(ask("select ensure_expiry_day('usage_event', now())")).rejects.toThrow();
  await expect(ask("select ensure_expiry_day('request_content', '9999-01-01Z')")).rejects.toThrow();
  await expect(ask("drop table request_content")).rejects.toMatchObject({ cause: { code: "42501" } });
});

test("while Postgres is away content waits, in bounded memory; no log line holds any of it", async () => {
  const proxy = await startBreakableProxy(testDatabase.url);
  const far = connectDatabase({ url: proxy.url, name: "test" });
  const heard = listen();
  const store = createContentStore({ db: far.db });
  const pendingCharactersMax = 2 * 20_000;
  const writer = createContentWriter({ store, batchDelayMs: 1, retryMs: 1, pendingCharactersMax, ...heard.options });
  const secret = `secret-${"s".repeat(contentCharactersMax)}`;
  proxy.break();
  for (const id of ["req_away_1", "req_away_2", "req_away_3"]) {
    writer.add(content(id, { prompt: keepPrompt(chat(user(secret))) }));
  }
  expect(heard.lost()).toBe(1);
  await expect.poll(() => heard.lines.length).toBe(1);
  proxy.heal();
  await expect.poll(() => createContentStore({ db: database.db }).find("req_away_2")).toBeDefined();
  await expect.poll(() => heard.lines.length).toBe(2);
  await writer.close(5_000);
  expect(heard.lines.join("\n")).not.toContain("secret");
  expect(heard.lost()).toBe(1);
  await far.close();
  await proxy.close();
});

test("content that Postgres refuses is dropped and counted, without a word of it, and holds up no other", async () => {
  const never = content("req_never", { expiresAt: new Date(Date.now() + 1_000 * dayMs) });
  const { lines, lost } = await writeAll(never);
  expect(lost()).toBe(1);
  expect(lines.join("\n")).toContain("refuses");
  expect(lines.join("\n")).not.toContain("Hello");
});
