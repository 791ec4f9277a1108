/** Which attempts leave a copy of their usage, and what their gateway is told. */
import { emptyUsage, type Frame, type Job, jobVersion, TeraError, type Usage, type UsageRecord } from "@tera/protocol";
import type { ReplyPublisher } from "@tera/queue";
import { expect, test } from "vitest";
import type { TakenSlot } from "../runners/member.ts";
import type { Runner } from "../runners/runner.ts";
import { createGenerator, type Generator } from "./generate.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const job: Job = {
  version: jobVersion,
  requestId: "req_1",
  attempt: 1,
  gatewayId: "g",
  accountId: "acct_1",
  keyId: "key_1",
  laneClass: "normal",
  stream: false,
  admittedAtMs: Date.now(),
  expiresAtMs: Date.now() + 60_000,
  avoidRunners: [],
  billing: { holds: [] },
  seal: "",
  request: { kind: "chat", model: "m", messages: [{ role: "user", content: "hi" }], n: 1, sampling: {} },
};
const usage: Usage = { ...emptyUsage("engine"), promptTokens: 3, completionTokens: 2 };

const unused: Omit<Runner, "id" | "generate"> = {
  status() {
    throw new Error("nobody asks for it here");
  },
  start: () => undefined,
  canaryModel: () => undefined,
  stop: async () => undefined,
};

interface Ending {
  /** Done to it while it generates. */
  stop?: (generator: Generator, abandon: () => void) => void;
  error?: TeraError;
}

/** Runs one attempt to its end. @returns its last frame, and the copy that came with it. */
async function run({ stop, error }: Ending): Promise<{ frame: Frame; copy: UsageRecord | undefined }> {
  const said: { frame: Frame; copy: UsageRecord | undefined }[] = [];
  const publisher: ReplyPublisher = {
    push: () => undefined,
    pushLast: (_gatewayId, frame, copy) => void said.push({ frame, copy }),
    turn: 0,
    drain: async () => undefined,
  };
  const stopped = Promise.withResolvers<void>();
  const runner: Pick<Runner, "id" | "generate"> = {
    id: "r",
    async generate({ signal }) {
      signal.addEventListener("abort", () => stopped.resolve());
      if (stop !== undefined) await stopped.promise;
      if (error !== undefined) throw error;
      return usage;
    },
  };
  let abandon: () => void = () => undefined;
  const slot: TakenSlot = {
    runner: { ...unused, ...runner },
    onAbandoned(listener) {
      abandon = listener;
    },
    alive: () => undefined,
    counted: () => undefined,
    ended: () => undefined,
  };
  const generator = createGenerator({ workerId: "w", publisher, log });
  generator.start({ job, accept: async () => true, giveBack: async () => undefined }, slot);
  stop?.(generator, () => abandon());
  await generator.drain(60_000);
  const [last, ...more] = said;
  if (last === undefined || more.length > 0) throw new Error(`it said ${said.length} last words`);
  return last;
}

test.each<[string, Ending, object, object | undefined]>([
  ["answers", {}, { type: "end" }, { status: "succeeded", usage }],
  [
    "is stopped because its client left",
    { stop: (generator) => generator.cancel("req_1", 1, "client") },
    { type: "end" },
    { status: "cancelled", usage },
  ],
  [
    "was asked for by a gateway that is gone",
    { stop: (generator) => generator.cancelGateway("g") },
    { type: "fail", retryable: false },
    { status: "cancelled", usage },
  ],
  [
    "was asked for by a gateway that has been started again since",
    { stop: (generator) => generator.cancelGateway("g", Date.now() + 1) },
    { type: "fail", retryable: false },
    { status: "cancelled", usage },
  ],
  [
    "was asked for by a gateway after that was started again, and is left alone until its client leaves",
    {
      stop(generator) {
        generator.cancelGateway("g", 0);
        generator.cancel("req_1", 1, "client");
      },
    },
    { type: "end" },
    { status: "cancelled", usage },
  ],
  [
    "was asked for by a gateway that is gone, and then fails",
    { stop: (generator) => generator.cancelGateway("g"), error: new TeraError("runner_failed", "") },
    { type: "fail", retryable: false },
    { status: "cancelled" },
  ],
  [
    "fails by what the client asked for",
    { error: new TeraError("invalid_request", "") },
    { type: "fail", retryable: false },
    { status: "failed" },
  ],
])("an attempt that %s leaves a copy of its usage: nobody tries again", async (_, ending, frame, copy) => {
  expect(await run(ending)).toMatchObject({ frame, copy });
});

test.each<[string, Ending, object]>([
  [
    "fails so that another replica can heal it",
    { error: new TeraError("runner_failed", "") },
    { type: "fail", retryable: true },
  ],
  ["is given up", { stop: (generator) => generator.cancel("req_1", 1, "given_up") }, { type: "end" }],
  ["lets a deadline pass", { stop: (generator) => generator.cancel("req_1", 1, "deadline") }, { type: "end" }],
  ["waits for an engine that is dead", { stop: (_, abandon) => abandon() }, { type: "fail", retryable: true }],
])("an attempt that %s leaves no copy: another attempt may end the request", async (_, ending, frame) => {
  expect(await run(ending)).toMatchObject({ frame, copy: undefined });
});
