/** What the tables show of each row. */
import type { OverheadRow } from "../overhead/rows.ts";
import type { Column } from "./table.ts";

const ms = (value: number) => value.toFixed(2);

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
