/** Figures of the live feed of an installation that answers one request a second, and nothing else. */
import type { LiveSnapshot } from "../api/live.ts";

export const quietFigures: LiveSnapshot["now"] = {
  succeededPerS: 1,
  failedPerS: 0,
  cancelledPerS: 0,
  limitedPerS: 0,
  refusedPerS: 0,
  unservedPerS: 0,
  promptTokensPerS: 0,
  completionTokensPerS: 0,
  ttftP50Ms: 1,
  ttftP95Ms: 1,
  queueWaitP50Ms: 1,
  queueWaitP95Ms: 1,
  open: 0,
  waiting: 0,
};
