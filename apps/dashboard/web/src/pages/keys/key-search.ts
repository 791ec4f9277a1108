/** What a list of keys keeps in the URL. */

import { keyStateSchema } from "@tera/admin-api/keys";
import { z } from "zod";
import { listSearch } from "../../list/list-search.ts";

export const keySearch = listSearch.extend({
  state: keyStateSchema.optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  accountId: z.string().optional().catch(undefined),
});
export type KeySearch = z.infer<typeof keySearch>;
