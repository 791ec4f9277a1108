import { emptyUsage } from "@tera/protocol";
import { expect, test } from "vitest";
import type { FromEngine } from "./messages.ts";
import { createOutbox } from "./outbox.ts";

/** Records what is sent; `take` lets the oldest message leave. */
function createChannel() {
  const messages: FromEngine[] = [];
  const leaving: (() => void)[] = [];
  const outbox = createOutbox((message, sent) => {
    messages.push(structuredClone(message));
    leaving.push(sent);
  });
  return { outbox, messages, take: () => leaving.shift()?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what all tasks say in one turn of the event loop is one message, in order", async () => {
  const { outbox, messages } = createChannel();
  const usage = emptyUsage("engine");
  outbox.delta(1, { index: 0, content: "a" }, usage);
  outbox.delta(2, { index: 0, content: "b" }, usage);
  usage.completionTokens = 2;
  outbox.delta(1, { index: 0, content: "c" }, usage);
  outbox.end(1, usage);
  expect(messages).toEqual([]);
  await turn();
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatchObject({
    type: "turn",
    tasks: [
      { taskId: 1, deltas: [{ content: "a" }, { content: "c" }], usage: { completionTokens: 2 }, end: {} },
      { taskId: 2, deltas: [{ content: "b" }] },
    ],
  });
});

test("other messages do not overtake what was said before", () => {
  const { outbox, messages } = createChannel();
  outbox.delta(1, { index: 0, content: "a" }, emptyUsage());
  outbox.send({ type: "log", level: "warn", message: "late" });
  expect(messages.map(({ type }) => type)).toEqual(["turn", "log"]);
});

test("while too much is under way, tasks are told to wait, until some of it has left", async () => {
  const { outbox, take } = createChannel();
  for (let message = 0; message < 32; message++) {
    expect(outbox.whenClear()).toBeUndefined();
    outbox.send({ type: "loading", reason: "x" });
  }
  const clear = outbox.whenClear();
  expect(clear).toBeInstanceOf(Promise);
  take();
  await clear;
  expect(outbox.whenClear()).toBeUndefined();
});
