/** What every list keeps in the URL: page, size, search, order. Filters of a list are added to it. */
import { z } from "zod";

export const listSearch = z.object({
  page: z.number().int().min(1).optional().catch(undefined),
  pageSize: z.number().int().min(1).max(200).optional().catch(undefined),
  search: z.string().optional().catch(undefined),
  sort: z.string().optional().catch(undefined),
});
export type ListSearch = z.infer<typeof listSearch>;
