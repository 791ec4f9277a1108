/** What every signed-in person may know of this installation. */
import { z } from "zod";

/** `GET /admin/api/installation` */
export const installationSchema = z.object({
  /** What clients call: `https://api.example.com/v1`. */
  apiUrl: z.string(),
  /** So large may a file be that is uploaded for a batch. */
  fileMaxBytes: z.number().int().positive(),
});
export type Installation = z.infer<typeof installationSchema>;
