/** From measurements to the rows of `bench stream`. */
import { percentile, sum } from "../statistics.ts";
import type { TargetName } from "../targets/target.ts";

export interface StreamMeasurement {
  target: TargetName;
  streams: number;
  /** Tokens that clients read while CPU was counted. */
  chunks: number;
  /** By process; nothing for `direct`. Microseconds. */
  cpuUs: Readonly<Record<string, number>>;
  /** Of the probes, while the streams ran. */
  ttftsMs: readonly number[];
  /** Streams and probes that broke or were not complete. */
  errors: number;
}

export interface StreamRow {
  target: TargetName;
  streams: number;
  chunks: number;
  cpuUsPerChunk: number;
  /** Tera's parts, which add up to `cpuUsPerChunk`. */
  gatewayCpuUsPerChunk?: number;
  workerCpuUsPerChunk?: number;
  redisCpuUsPerChunk?: number;
  /** Against `direct` in the same run; 0 for `direct` itself. */
  ttftAddedP50Ms: number;
  ttftAddedP99Ms: number;
  errors: number;
}

/** One row per target and number of streams, in the order in which they first appear; rounds are added up. */
export function toStreamRows(measurements: readonly StreamMeasurement[]): StreamRow[] {
  const groups = Map.groupBy(measurements, ({ target, streams }) => `${target} ${streams}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { target, streams } = first;
    const direct = groups.get(`direct ${streams}`);
    if (direct === undefined) throw new Error(`${target} with ${streams} streams has nothing to compare with`);
    const chunks = sum(group.map((each) => each.chunks));
    const perChunk = (name: string) => sum(group.map(({ cpuUs }) => cpuUs[name] ?? 0)) / chunks;
    const ttftAdded = (share: number) => ttft(group, share) - ttft(direct, share);
    const parts =
      target === "tera"
        ? {
            gatewayCpuUsPerChunk: perChunk("gateway"),
            workerCpuUsPerChunk: perChunk("worker"),
            redisCpuUsPerChunk: perChunk("redis"),
          }
        : {};
    return {
      target,
      streams,
      chunks,
      cpuUsPerChunk: sum(Object.keys(first.cpuUs).map(perChunk)),
      ...parts,
      ttftAddedP50Ms: ttftAdded(0.5),
      ttftAddedP99Ms: ttftAdded(0.99),
      errors: sum(group.map(({ errors }) => errors)),
    };
  });
}

function ttft(group: readonly StreamMeasurement[], share: number): number {
  return percentile(
    group.flatMap(({ ttftsMs }) => ttftsMs),
    share,
  );
}
