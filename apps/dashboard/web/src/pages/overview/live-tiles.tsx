/** The six figures that say how the installation is. */
import { SimpleGrid } from "@mantine/core";
import type { LiveFigures, LivePoint, LiveSnapshot } from "../../../../api/live.ts";
import { formatMs } from "../../format/milliseconds.ts";
import { formatCount, formatShort } from "../../format/quantity.ts";
import { formatAmount, Usd } from "../../format/usd.tsx";
import { failuresPerS } from "../../live/failures.ts";
import { fillHistory } from "../../live/fill-history.ts";
import { LiveTile } from "../../live/live-tile.tsx";

/** Digits that fit into a tile in large letters. */
const amountLengthMax = 8;

export interface LiveTilesProps {
  snapshot: LiveSnapshot;
  history: readonly LivePoint[];
  everyS: number;
}

export function LiveTiles({ snapshot: { now, today, slots }, history, everyS }: LiveTilesProps) {
  const filled = fillHistory(history, everyS);
  const line = (color: string, value: (figures: LiveFigures) => number | null) => ({
    color,
    values: filled.map(({ point }) => (point === undefined ? null : value(point))),
  });
  const charged = today?.charged ?? "0";
  return (
    <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }} spacing="md">
      <LiveTile
        label="Requests per second"
        value={formatShort(requestsPerS(now))}
        about={`${formatCount(now.open)} open`}
        line={line("tera-6", requestsPerS)}
      />
      <LiveTile
        label="Tokens per second"
        value={formatShort(now.completionTokensPerS)}
        about={`written; ${formatShort(now.promptTokensPerS)} read`}
        line={line("tera-6", ({ completionTokensPerS }) => completionTokensPerS)}
      />
      <LiveTile
        label="Time to first token"
        value={formatMs(now.ttftP50Ms)}
        about={now.ttftP95Ms === null ? "no answer in the last minute" : `one in 20 over ${formatMs(now.ttftP95Ms)}`}
        line={line("blue-5", ({ ttftP50Ms }) => ttftP50Ms)}
      />
      <LiveTile
        label="Waiting for a slot"
        value={formatCount(now.waiting)}
        about={
          now.queueWaitP95Ms === null
            ? `${formatCount(slots.busy)} of ${formatCount(slots.total)} slots busy`
            : `one in 20 waits ${formatMs(now.queueWaitP95Ms)}`
        }
        line={line("blue-5", ({ waiting }) => waiting)}
      />
      <LiveTile
        label="Failures per second"
        value={formatShort(failuresPerS(now))}
        about={refusalsInWords(now)}
        line={line("red-6", failuresPerS)}
      />
      <LiveTile
        label="Spent today (UTC)"
        value={today === null ? "unknown" : <Usd amount={charged} />}
        isLong={formatAmount(charged).length > amountLengthMax}
        about={today === null ? "Postgres does not answer" : `${formatCount(today.requests)} requests`}
      />
    </SimpleGrid>
  );
}

/** Those that were answered, that failed and whose client left. */
function requestsPerS({ succeededPerS, failedPerS, cancelledPerS }: LiveFigures): number {
  return succeededPerS + failedPerS + cancelledPerS;
}

/** `0.5/s over limits, 2/s refused`: requests that never began, and not by a fault of ours. */
function refusalsInWords({ limitedPerS, refusedPerS }: LiveFigures): string {
  const words = [
    ...(limitedPerS > 0 ? [`${formatShort(limitedPerS)}/s over limits`] : []),
    ...(refusedPerS > 0 ? [`${formatShort(refusedPerS)}/s refused`] : []),
  ];
  return words.length === 0 ? "none refused" : words.join(", ");
}
