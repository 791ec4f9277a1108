/** What waits and runs by itself: the batch lane of each model, and the queues of background work. */
import { z } from "zod";

const count = z.number().int().nonnegative();
const queued = { waiting: count, active: count, isPaused: z.boolean() };

/** The lane of a model. `waiting` and `active`: ids of lines in its queue. */
export const modelLaneSchema = z.object({
  model: z.string(),
  /** Lines that may be begun, of batches that are not paused. */
  open: count,
  running: count,
  ...queued,
});
export type ModelLane = z.infer<typeof modelLaneSchema>;

/** `GET /admin/api/queue` */
export const queueSchema = z.object({
  /** Of models that have lines, or are served. */
  models: z.array(modelLaneSchema),
  /** There are more open lines than were counted. */
  isCut: z.boolean(),
  /** Of background work. */
  queues: z.array(z.object({ name: z.string(), ...queued })),
});
export type QueueState = z.infer<typeof queueSchema>;

/** `POST /admin/api/queue/{modelId}/pause` and `resume` */
export const laneSwitchedSchema = z.object({ model: z.string(), isPaused: z.boolean() });
