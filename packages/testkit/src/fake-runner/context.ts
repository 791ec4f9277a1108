/** What every handler of the fake runner works with. */
import type { Engine } from "./engine.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { RequestLog } from "./request-log.ts";
import type { FakeRunnerSettings } from "./settings.ts";

export interface ServerContext {
  /** Changed in place by `POST /_control`. */
  settings: FakeRunnerSettings;
  engine: Engine;
  log: RequestLog;
  prefixCache: PrefixCache;
  /** Epoch seconds. */
  startedAtS: number;
}
