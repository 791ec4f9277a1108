/** Work that can take minutes: it is begun, and asked for until it has ended. The first answer has its result when it was quick. */

import { z } from "zod";
import { momentSchema } from "./page.ts";

export function taskOf<Result extends z.ZodType>(result: Result) {
  return z.object({
    id: z.string(),
    state: z.enum(["running", "done", "failed"]),
    startedAt: momentSchema,
    /** Who began it. */
    startedBy: z.string(),
    endedAt: momentSchema.nullable(),
    /** Why it failed. */
    error: z.string().nullable(),
    /** Of one that is done. */
    result: result.nullable(),
  });
}
