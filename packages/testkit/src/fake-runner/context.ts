/** What every handler of the fake runner works with. */
import type { Engine } from "./engine.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { RequestLog } from "./request-log.ts";
import type { FakeRunnerSettings } from "./settings.ts";
import type { TokenCounters } from "./token-counters.ts";

export interface ServerContext {
  /** Changed in place by `POST /_control`. */
  settings: FakeRunnerSettings;
  engine: Engine;
  log: RequestLog;
  prefixCache: PrefixCache;
  counters: TokenCounters;
  /** Epoch seconds. */
  startedAtS: number;
  /** When it began, as precisely as an engine tells it: two starts within a second differ. */
  startedAtMs: number;
}
