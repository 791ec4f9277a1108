/** The live figures, for pages whose viewer has the permission runners:read. */
import { useSyncExternalStore } from "react";
import { apiUrl } from "./client.ts";
import { createLiveFeed, type LiveState } from "./live-feed.ts";
import { queryClient } from "./query-client.ts";
import { sessionQuery } from "./session.ts";

export type { LiveState } from "./live-feed.ts";

const feed = createLiveFeed({
  url: apiUrl("/live"),
  onLost: () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
});

/** Keeps the connection open while the component is shown. */
export function useLive(): LiveState {
  return useSyncExternalStore(feed.subscribe, feed.read);
}
