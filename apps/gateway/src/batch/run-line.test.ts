/** What becomes of a line by how its exchange ended. */
import { describeModel } from "@tera/access";
import type { RunningLine } from "@tera/batch";
import { TeraError } from "@tera/protocol";
import { newPrincipal } from "@tera/testkit/principal";
import { newUsageRecord } from "@tera/testkit/usage-record";
import { expect, test, vi } from "vitest";
import { createLineRunner } from "./run-line.ts";

const principal = newPrincipal();
const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
const text = JSON.stringify({ custom_id: "c", method: "POST", url: "/v1/chat/completions", body });

function lineThatFailed(failures: number): RunningLine {
  return {
    batchId: "batch_1",
    number: 1,
    attempt: failures + 1,
    failures,
    customId: "c",
    model: "m",
    byteOffset: 0,
    byteLength: text.length,
    accountId: "acct_1",
    keyId: "key_1",
    endpoint: "/v1/chat/completions",
    inputFileId: "file-1",
  };
}

/** Every exchange ends with this error. */
function createRunner(error: TeraError) {
  const closed = vi.fn();
  const runner = createLineRunner({
    exchanges: {
      open(requestId, { release }, _stream, sink) {
        sink.error(error);
        queueMicrotask(() => release(newUsageRecord({ requestId, status: "failed", errorCode: error.code })));
        return { clientGone: () => undefined };
      },
    },
    biller: {
      open: (_principal, request) => ({ billing: { holds: [] }, request, chargeOf: () => 0n, close: closed }),
    },
    catalog: {
      find: () => ({
        profile: describeModel("m", [], undefined),
        createdAtS: 0,
        ready: true,
        listed: true,
        replicas: [],
        settings: undefined,
      }),
    },
  });
  return { closed, run: (failures: number) => runner.run(lineThatFailed(failures), text, principal) };
}

test.each([
  ["the engine fails", new TeraError("runner_failed", "failed")],
  ["the worker is lost", new TeraError("worker_lost", "lost")],
  ["the worker took this gateway for gone", new TeraError("worker_lost", "lost", { retryable: false })],
])("where %s, the line is tried once more, for nothing, and then fails for good", async (_, error) => {
  const { run, closed } = createRunner(error);
  expect(await run(0)).toMatchObject({ type: "again", failed: true });
  expect(closed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ status: "failed" }));
  expect(await run(1)).toMatchObject({ type: "ended", end: { errorCode: error.code, chargeNano: 0n } });
});

test("what a line only waits for does not count as its failure, however often it comes", async () => {
  const { run } = createRunner(new TeraError("queue_wait_timeout", "no slot"));
  for (const failures of [0, 1, 5]) expect(await run(failures)).toMatchObject({ type: "again", failed: false });
});

test("what the line itself is refused for is not tried again", async () => {
  const { run } = createRunner(new TeraError("context_length_exceeded", "too long"));
  expect(await run(0)).toMatchObject({ type: "ended", end: { errorCode: "context_length_exceeded" } });
});
