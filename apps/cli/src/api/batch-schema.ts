/** Batches and files as the public API answers: what is read of them here; the rest is passed on as it came. */
import { z } from "zod";

export const fileSchema = z.looseObject({ id: z.string(), bytes: z.number(), filename: z.string() });

export const batchSchema = z.looseObject({
  id: z.string(),
  endpoint: z.string(),
  status: z.string(),
  created_at: z.number(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  errors: z
    .looseObject({ data: z.array(z.looseObject({ line: z.number().nullish(), message: z.string() })) })
    .nullish(),
  request_counts: z.looseObject({ total: z.number(), completed: z.number(), failed: z.number() }),
  /** Decimal USD. */
  cost: z.string().optional(),
  paused: z.looseObject({ reason: z.string(), message: z.string().nullish() }).nullish(),
});
export type ApiBatch = z.infer<typeof batchSchema>;

export const batchPageSchema = z.looseObject({ data: z.array(batchSchema), has_more: z.boolean() });

const endStates = new Set(["completed", "failed", "expired", "cancelled"]);

/** Nothing of it changes any more. */
export function hasEnded({ status }: ApiBatch): boolean {
  return endStates.has(status);
}
