/** The row of `bench batch`, and how it is shown. */
import type { Column } from "../report/table.ts";

export interface BatchRow {
  lines: number;
  lost: number;
  doubled: number;
  /** First token of live requests, p50: with the batch over without. */
  liveTtftRatio: number;
  liveTtftAloneP50Ms: number;
  liveTtftBesideP50Ms: number;
  /** Of the slots that live requests and the reserve leave, the share in which a line ran. */
  idleSlotsUsed: number;
  redisPeakMb: number;
  /** Of the largest gateway, whatever it did. */
  gatewayRssPeakMb: number;
  /** While nothing was killed. */
  linesPerSecond: number;
  /** Of the file that is only accepted, checked and written out again; 0: there was none. */
  largeFileLines: number;
  /** By how much the gateway grew at each; null: there was none. */
  largeUploadGrowthMb: number | null;
  largeCheckGrowthMb: number | null;
  largeOutputGrowthMb: number | null;
  /** What must be 0. */
  errors: number;
}

const fixed = (value: number | null, digits: number) => (value === null ? "" : value.toFixed(digits));

export const batchColumns: readonly Column<BatchRow>[] = [
  { header: "lines", value: ({ lines }) => `${lines}` },
  { header: "lost", value: ({ lost }) => `${lost}` },
  { header: "doubled", value: ({ doubled }) => `${doubled}` },
  { header: "live TTFT p50 ms, alone", value: ({ liveTtftAloneP50Ms }) => fixed(liveTtftAloneP50Ms, 1) },
  { header: "beside", value: ({ liveTtftBesideP50Ms }) => fixed(liveTtftBesideP50Ms, 1) },
  { header: "ratio", value: ({ liveTtftRatio }) => fixed(liveTtftRatio, 2) },
  { header: "idle slots used", value: ({ idleSlotsUsed }) => fixed(idleSlotsUsed, 2) },
  { header: "lines/s", value: ({ linesPerSecond }) => fixed(linesPerSecond, 1) },
  { header: "Redis peak MB", value: ({ redisPeakMb }) => fixed(redisPeakMb, 0) },
  { header: "gateway RSS peak MB", value: ({ gatewayRssPeakMb }) => fixed(gatewayRssPeakMb, 0) },
  { header: "large file, lines", value: ({ largeFileLines }) => `${largeFileLines}` },
  { header: "upload +MB", value: ({ largeUploadGrowthMb }) => fixed(largeUploadGrowthMb, 0) },
  { header: "check +MB", value: ({ largeCheckGrowthMb }) => fixed(largeCheckGrowthMb, 0) },
  { header: "output +MB", value: ({ largeOutputGrowthMb }) => fixed(largeOutputGrowthMb, 0) },
];
