/** What the page Batches keeps in the URL. */
import { batchStatusSchema } from "@tera/admin-api/batches";
import { z } from "zod";
import { listSearch } from "../../list/list-search.ts";

export const batchesSearch = listSearch.extend({
  status: batchStatusSchema.optional().catch(undefined),
  accountId: z.string().optional().catch(undefined),
});
