/** Workers and their runners: what can be done with them, and what their engines write. How they are is in live.ts. */
import { z } from "zod";

/** What each of them does: `packages/protocol/src/control.ts`. */
export const runnerActionSchema = z.enum(["drain", "resume", "restart", "unload", "load"]);
export type RunnerAction = z.infer<typeof runnerActionSchema>;

/** `POST /runners/{workerId}/{runnerId}/{action}`: it is begun; what becomes of it is seen in the runner's state. */
export const runnerActedSchema = z.object({ workerId: z.string(), runnerId: z.string(), action: runnerActionSchema });

/** `GET /runners/{workerId}/{runnerId}/logs` */
export const runnerLogsQuery = z.object({ lines: z.coerce.number().int().min(1).max(500).default(200) });
export const runnerLogsSchema = z.object({
  /** Oldest first; null: the worker does not see what this runner's engine writes. */
  lines: z.array(z.string()).nullable(),
});
export type RunnerLogs = z.infer<typeof runnerLogsSchema>;
