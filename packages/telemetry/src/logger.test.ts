import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";

function capture() {
  const lines: string[] = [];
  return {
    lines,
    log: createLogger({ name: "test", level: "info", destination: { write: (line) => lines.push(line) } }),
  };
}

test("each line is one JSON object with its process, level and time", () => {
  const { lines, log } = capture();
  log.info({ requestId: "req_1" }, "hello");
  const line: unknown = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({ name: "test", level: 30, requestId: "req_1", msg: "hello" });
  expect(line).toHaveProperty("time", expect.stringMatching(/^\d{4}-\d\d-\d\dT/));
});

test("what a client said and what a model answered is redacted, however it is wrapped", () => {
  const { lines, log } = capture();
  const messages = [{ role: "user", content: "private words" }];
  log.info({ messages, prompt: "private words" }, "1");
  log.info({ request: { messages, input: "private words" } }, "2");
  log.info({ job: { request: { prompt: "private words" } } }, "3");
  log.info({ delta: { content: "private words", reasoning: "private words" } }, "4");
  expect(lines).toHaveLength(4);
  expect(lines.join("")).not.toContain("private words");
});

test("a key is masked wherever it turns up in a line, and a password in a URL too", () => {
  const { lines, log } = capture();
  const key = `sk-tera-${"a1B2".repeat(11)}x9`;
  log.error(
    { err: new Error(`bad header: Bearer ${key}`), headers: { authorization: `Bearer ${key}`, "x-api-key": key } },
    key,
  );
  log.error({ reason: "connect postgres://tera:hunter2@db.internal:5432/tera" }, "redis://:hunter2@cache:6379 is away");
  expect(lines.join("")).not.toContain(key);
  expect(lines.join("")).not.toContain("hunter2");
  expect(lines[1]).toContain("db.internal");
});
