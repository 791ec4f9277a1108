/** What a gateway says to a worker outside the lanes. */
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
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;
