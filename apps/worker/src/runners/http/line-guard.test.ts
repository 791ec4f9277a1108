import type { ChatGeneration } from "@tera/protocol";
import { startFakeRunner } from "@tera/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { createSupervisor } from "../supervisor.ts";
import { createHttpRunner } from "./http-runner.ts";
import { readGauge } from "./line-guard.ts";

const slots = 500;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const request: ChatGeneration = {
  kind: "chat",
  model: "m",
  messages: [{ role: "user", content: "hi" }],
  n: 1,
  sampling: { maxTokens: 100_000 },
};
const job = (laneClass: "normal" | "batch") => ({
  version: 1 as const,
  requestId: "q",
  attempt: 1,
  gatewayId: "g",
  keyId: "k",
  stream: false,
  admittedAtMs: Date.now(),
  billing: { holds: [] },
  seal: "s",
  accountId: "a",
  request,
  avoidRunners: [],
  laneClass,
  expiresAtMs: Date.now() + 60_000,
});

it.each(["vllm", "sglang", "llamacpp", "tgi"] as const)(
  "%s: while requests wait in the engine no lines are taken, live requests are, and lines again when it has room",
  async (dialect) => {
    const engine = await startFakeRunner({ models: ["m"], dialect, slots: 3, msPerToken: 20 });
    onTestFinished(() => engine.close());
    const supervisor = createSupervisor({
      workerId: "w",
      liveReserve: 1,
      servedElsewhere: async () => false,
      onChange: () => undefined,
      log,
    });
    onTestFinished(() => supervisor.stop());
    const settings = { kind: "http" as const, id: "r", url: engine.url, slots, canary: false };
    supervisor.add(() => createHttpRunner(settings, { log, onChange: () => supervisor.notify() }));
    const model = await vi.waitFor(() => {
      const [id] = supervisor.laneModels();
      if (id === undefined || supervisor.freeSlots(id) === 0) throw new Error("not ready");
      return id;
    });
    const stopping = new AbortController();
    function begin(laneClass: "normal" | "batch"): boolean {
      const wanted = { ...job(laneClass), request: { ...request, model } };
      const slot = supervisor.takeSlot(wanted);
      void slot?.runner
        .generate({ requestId: "q", request: wanted.request, signal: stopping.signal }, () => undefined)
        .finally(() => slot.ended({ type: "succeeded" }));
      return slot !== undefined;
    }

    expect(supervisor.idleSlots(model)).toBe(slots - 1);
    await vi.waitFor(() => expect(begin("batch")).toBe(false), { timeout: 10_000, interval: 50 });
    expect(supervisor.idleSlots(model)).toBe(0);
    expect(supervisor.freeSlots(model)).toBeGreaterThan(1);
    expect(begin("normal")).toBe(true);

    stopping.abort();
    await vi.waitFor(() => expect(supervisor.idleSlots(model)).toBeGreaterThan(0), { timeout: 10_000 });
    expect(begin("batch")).toBe(true);
  },
  30_000,
);

it("an engine's queue is the sum over its parts, and what only begins with its name is another figure", () => {
  const page = `# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0"} 2.0
vllm:num_requests_waiting{engine="1"} 3.0
vllm:num_requests_waiting_by_reason{engine="0"} 9.0
vllm:num_requests_running 7`;
  expect(readGauge(page, "vllm:num_requests_waiting")).toBe(5);
  expect(readGauge(page, "tgi_queue_size")).toBe(0);
});
