/** The canary: a generation as small as can be, because an engine's health page can lie. It is nobody's request, so nobody is charged for it. */
import { type GenerationRequest, newRequestId, type ServedModel, TeraError } from "@tera/protocol";
import type { Runner } from "../runner.ts";

/** `slow`: it did not answer in time, or had no room. */
export type CanaryResult = { type: "passed" } | { type: "failed" | "slow"; why: string };

/** @param signal gives the canary up; the result is then of no interest. Resolves within a second after `timeoutMs`. */
export async function runCanary(
  runner: Pick<Runner, "generate">,
  model: ServedModel,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<CanaryResult> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const task = { requestId: newRequestId(), signal: AbortSignal.any([timeout.signal, signal]), isCanary: true };
  try {
    for (const request of canaryRequests(model)) {
      try {
        await runner.generate({ ...task, request }, () => undefined);
        if (!timeout.signal.aborted) return { type: "passed" };
        return { type: "slow", why: `no answer to a small generation within ${timeoutMs / 1_000} s` };
      } catch (error) {
        // A base model has no chat template, another engine no completions: that is no illness.
        if (error instanceof TeraError && error.fault === "client") continue;
        return { type: isOverload(error) ? "slow" : "failed", why: describeFailure(error) };
      }
    }
    return { type: "passed" };
  } finally {
    clearTimeout(timer);
  }
}

function canaryRequests(model: ServedModel): GenerationRequest[] {
  const sampling = { maxTokens: 1, temperature: 0 };
  if (!model.outputModalities.includes("text")) {
    return [{ kind: "speech", model: model.id, input: "Hi.", format: "wav" }];
  }
  return [
    { kind: "chat", model: model.id, messages: [{ role: "user", content: "Hi." }], n: 1, sampling },
    { kind: "completion", model: model.id, prompts: ["Hi."], echo: false, n: 1, sampling },
  ];
}

/** It works, and has too much to do. */
export function isOverload(error: unknown): boolean {
  return error instanceof TeraError && error.code === "runner_overloaded";
}

const whyLengthMax = 200;

/** For the operator: one line, with the detail that no client sees. */
export function describeFailure(error: unknown): string {
  const text =
    error instanceof TeraError
      ? (error.detail ?? error.message)
      : error instanceof Error
        ? error.message
        : String(error);
  return text.replace(/\s+/g, " ").trim().slice(0, whyLengthMax);
}
