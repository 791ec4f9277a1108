/** What the page Requests keeps in the URL. */

import { requestLaneSchema, requestStatusSchema } from "@tera/admin-api/requests";
import { z } from "zod";
import { periodSearch } from "../../period/period.ts";

const text = z.string().optional().catch(undefined);

export const requestsSearch = z.object({
  ...periodSearch,
  id: text,
  status: requestStatusSchema.optional().catch(undefined),
  code: text,
  lane: requestLaneSchema.optional().catch(undefined),
  accountId: text,
  keyId: text,
  model: text,
});
export type RequestsSearch = z.infer<typeof requestsSearch>;
