/** What the tables show of each row. */
import type { OverheadRow } from "../overhead/rows.ts";
import type { StreamRow } from "../stream/rows.ts";
import type { Column } from "./table.ts";

const ms = (value: number) => value.toFixed(2);
const us = (value: number | undefined) => (value === undefined ? "" : value.toFixed(1));

export const overheadColumns: readonly Column<OverheadRow>[] = [
  { header: "clients", value: ({ clients }) => `${clients}` },
  { header: "target", value: ({ target }) => target },
  { header: "p50 ms", value: ({ p50Ms }) => ms(p50Ms) },
  { header: "p99 ms", value: ({ p99Ms }) => ms(p99Ms) },
  { header: "added p50 ms", value: ({ addedP50Ms }) => ms(addedP50Ms) },
  { header: "added p99 ms", value: ({ addedP99Ms }) => ms(addedP99Ms) },
  { header: "requests/s", value: ({ requestsPerSecond }) => `${Math.round(requestsPerSecond)}` },
  { header: "errors", value: ({ errors }) => `${errors}` },
];

export const streamColumns: readonly Column<StreamRow>[] = [
  { header: "streams", value: ({ streams }) => `${streams}` },
  { header: "target", value: ({ target }) => target },
  { header: "chunks", value: ({ chunks }) => `${chunks}` },
  { header: "CPU us/chunk", value: ({ cpuUsPerChunk }) => us(cpuUsPerChunk) },
  { header: "gateway", value: ({ gatewayCpuUsPerChunk }) => us(gatewayCpuUsPerChunk) },
  { header: "worker", value: ({ workerCpuUsPerChunk }) => us(workerCpuUsPerChunk) },
  { header: "Redis", value: ({ redisCpuUsPerChunk }) => us(redisCpuUsPerChunk) },
  { header: "added p50 TTFT ms", value: ({ ttftAddedP50Ms }) => ms(ttftAddedP50Ms) },
  { header: "added p99 TTFT ms", value: ({ ttftAddedP99Ms }) => ms(ttftAddedP99Ms) },
  { header: "errors", value: ({ errors }) => `${errors}` },
];
