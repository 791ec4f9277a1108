/** Files of requests, uploaded for batches. */
import { z } from "zod";
import { momentSchema } from "./page.ts";

/** What a file is sent as. */
export const uploadMediaType = "application/jsonl";

export const newFileQuery = z.object({
  accountId: z.string().min(1, "is needed").max(100),
  filename: z.string().trim().min(1, "is needed").max(255),
});

export const uploadedFileSchema = z.object({
  id: z.string(),
  accountId: z.string(),
  name: z.string(),
  bytes: z.number().int().nonnegative(),
  /** Null: it stays until it is deleted. */
  expiresAt: momentSchema.nullable(),
});
export type UploadedFile = z.infer<typeof uploadedFileSchema>;
