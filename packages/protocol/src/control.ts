/** What gateways and the command line say to a worker outside the lanes. */
import { z } from "zod";
import { type RunnerKind, runnerKinds } from "./worker-state.ts";

/**
 * What the operator can ask of one runner.
 *
 * | action  | what happens                                                                                              | kinds          |
 * |---------|-----------------------------------------------------------------------------------------------------------|----------------|
 * | drain   | takes no more jobs, finishes what it runs                                                                   | all            |
 * | resume  | takes jobs again                                                                                            | all            |
 * | restart | what it runs fails; its engine is stopped and started (http: attached anew). A drained runner stays drained | all            |
 * | unload  | what it runs fails; its engine is stopped and its GPU free, until load                                      | process, llama |
 * | load    | its engine is started, and takes jobs when it is ready                                                      | process, llama |
 *
 * None outlives its worker: one that starts again has all its runners in rotation.
 */
export const runnerActions = ["drain", "resume", "restart", "unload", "load"] as const;
export type RunnerAction = (typeof runnerActions)[number];

const kindsOf: Record<RunnerAction, readonly RunnerKind[]> = {
  drain: runnerKinds,
  resume: runnerKinds,
  restart: runnerKinds,
  unload: ["process", "llama"],
  load: ["process", "llama"],
};

/** An engine that the worker did not start is not the worker's to stop. */
export function hasAction(kind: RunnerKind, action: RunnerAction): boolean {
  return kindsOf[action].includes(kind);
}

/** Chosen by who asks; names the keys of question and answer. */
const tokenSchema = z.string().regex(/^[\w-]{16,64}$/);

/**
 * Why an attempt is stopped. `client`: nobody reads any more, and what was generated is what the request is charged; `deadline`: the runner was too slow, which counts against it;
 * `given_up`: for any other reason. After the last two the attempt does not count: there may be another.
 */
const cancelReasons = ["client", "deadline", "given_up"] as const;
export type CancelReason = (typeof cancelReasons)[number];

export const controlMessageSchema = z.discriminatedUnion("type", [
  /** Stop generating for this attempt and free its slot; no frame is expected back. */
  z.object({
    version: z.literal(1),
    type: z.literal("cancel"),
    requestId: z.string(),
    attempt: z.number().int().positive(),
    reason: z.enum(cancelReasons).default("client"),
  }),
  /** Tell the last lines that a runner's engine wrote, under a key made from `token`; see `RunnerLogs`. */
  z.object({
    version: z.literal(1),
    type: z.literal("runner_logs"),
    runnerId: z.string(),
    linesMax: z.number().int().positive(),
    token: tokenSchema,
  }),
  /** Do this with a runner, and answer; see `RunnerActionAnswer`. Only while its ticket is there: see `askRunnerAction` in the queue. */
  z.object({
    version: z.literal(1),
    type: z.literal("runner_action"),
    runnerId: z.string(),
    action: z.enum(runnerActions),
    token: tokenSchema,
  }),
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;

/** The answer to `runner_logs`. */
export const runnerLogsSchema = z.discriminatedUnion("found", [
  /** Oldest first. */
  z.object({ version: z.literal(1), found: z.literal("lines"), lines: z.array(z.string()) }),
  /** The worker does not see what this runner's engine writes. */
  z.object({ version: z.literal(1), found: z.literal("no_log") }),
  z.object({ version: z.literal(1), found: z.literal("no_runner") }),
]);
export type RunnerLogs = z.infer<typeof runnerLogsSchema>;

/** The answer to `runner_action`. */
export const runnerActionAnswerSchema = z.discriminatedUnion("outcome", [
  /** It is begun, or was so already; what becomes of it is seen in the runner's state. */
  z.object({ version: z.literal(1), outcome: z.literal("accepted") }),
  /** `why` says what to do instead, in words for the operator. */
  z.object({ version: z.literal(1), outcome: z.literal("refused"), why: z.string() }),
  z.object({ version: z.literal(1), outcome: z.literal("no_runner") }),
]);
export type RunnerActionAnswer = z.infer<typeof runnerActionAnswerSchema>;
