/** Ids of models, for whoever chooses one. */
import { z } from "zod";

/** `GET /admin/api/model-ids` */
export const modelIdsSchema = z.object({
  /** In order. */
  items: z.array(
    z.object({
      id: z.string(),
      /** A connected runner serves it now. */
      isServed: z.boolean(),
    }),
  ),
});
export type ModelIds = z.infer<typeof modelIdsSchema>;
