import type { RunnerStatus } from "@tera/protocol";
import { beforeEach, expect, test } from "vitest";
import type { RunnerChoice } from "./flags.ts";
import { createPatience } from "./patience.ts";

const minuteMs = 60_000;
let nowMs = 0;
let runners: RunnerStatus[] = [];
let said = "";
beforeEach(() => {
  nowMs = 0;
  runners = [];
});

function status(state: RunnerStatus["state"], reason?: string, kind: RunnerStatus["kind"] = "http"): RunnerStatus {
  return { id: "r", kind, engine: "vllm", state, reason, models: [], slots: 1, busy: 0 };
}

function startWaiting(choices: readonly RunnerChoice[] = []) {
  const progress = { update: (text: string) => (said = text) };
  const giveUp = createPatience(choices, { read: async () => runners }, progress, () => nowMs);
  return {
    async after(minutes: number, ...now: RunnerStatus[]) {
      nowMs += minutes * minuteMs;
      runners = now;
      return giveUp("no model is served yet");
    },
  };
}

test("an engine that says nothing new for ten minutes is given up, with its last word", async () => {
  const waiting = startWaiting();
  const refused = status("starting", "cannot be reached: ECONNREFUSED");
  expect(await waiting.after(0, refused)).toBeUndefined();
  expect(said).toBe("waiting for the first answer (r is starting: cannot be reached: ECONNREFUSED)");
  expect(await waiting.after(9, refused)).toBeUndefined();
  expect(await waiting.after(2, refused)).toMatch(/within 11 minutes.*ECONNREFUSED/);
});

test("an engine that tells of its steps is waited for, however long they take together", async () => {
  const waiting = startWaiting();
  for (const step of ["loading weights, 10 %", "loading weights, 90 %", "compiling", "capturing graphs"]) {
    expect(await waiting.after(9, status("starting", step))).toBeUndefined();
  }
});

test("a warm-up that is silent for half an hour is not too long", async () => {
  const waiting = startWaiting();
  await waiting.after(0, status("warming"));
  expect(await waiting.after(29, status("warming"))).toBeUndefined();
  expect(await waiting.after(2, status("warming"))).toContain("r is warming");
});

test("one that fails and is tried again and again is nothing new", async () => {
  const waiting = startWaiting();
  await waiting.after(0, status("warming"));
  await waiting.after(1, status("ejected", "three errors"));
  for (let minute = 0; minute < 4; minute++) {
    await waiting.after(1, status("warming"));
    expect(await waiting.after(1, status("ejected", "three errors"))).toBeUndefined();
  }
  expect(await waiting.after(1, status("ejected", "three errors"))).toBeUndefined();
  expect(await waiting.after(1, status("ejected", "three errors"))).toMatch(/three errors/);
});

test("a model file that fails to load twice is given up at once", async () => {
  const waiting = startWaiting([{ kind: "llama", model: "/m.gguf" }]);
  const failed = status("unhealthy", "not a GGUF file", "llama");
  expect(await waiting.after(0, failed)).toBeUndefined();
  await waiting.after(0, status("starting", undefined, "llama"));
  expect(await waiting.after(0, failed)).toBe("The model could not be loaded: not a GGUF file");
});
