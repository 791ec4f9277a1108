/** What gateways and the command line say to a worker outside the lanes. */
import { z } from "zod";

export const controlMessageSchema = z.discriminatedUnion("type", [
  /** Stop generating for this attempt and free its slot; no frame is expected back. */
  z.object({
    version: z.literal(1),
    type: z.literal("cancel"),
    requestId: z.string(),
    attempt: z.number().int().positive(),
    /** `deadline`: the runner was too slow, which counts against it; `client`: the client left, which does not. */
    reason: z.enum(["client", "deadline"]).default("client"),
  }),
  /** Tell the last lines that a runner's engine wrote, under a key made from `token`; see `RunnerLogs`. */
  z.object({
    version: z.literal(1),
    type: z.literal("runner_logs"),
    runnerId: z.string(),
    linesMax: z.number().int().positive(),
    /** Chosen by who asks. */
    token: z.string().regex(/^[\w-]{16,64}$/),
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
