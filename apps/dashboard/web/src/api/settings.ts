/** The state of the installation. */
import { queryOptions } from "@tanstack/react-query";
import { settingsSchema } from "../../../api/settings.ts";
import { call } from "./client.ts";

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => call(settingsSchema, "/settings", { signal }),
});
