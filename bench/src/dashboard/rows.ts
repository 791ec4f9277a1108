/** The rows of `bench dashboard`. */
import type { Column } from "../report/table.ts";

export const pageGoalMs = 200;
export const webGoalKb = 300;
/** Of the latency that the gateway adds, with pages open over without: less than what one measurement differs from the next. */
export const liveGoalRatio = 1.1;

/** What a page asks the Admin API when it is opened, all of it at once, until the last answer is there. */
export interface PageRow {
  page: string;
  requests: number;
  p50Ms: number;
  p95Ms: number;
  met: boolean;
}

/** All files that a browser loads with an empty cache until the overview shows its figures and charts, compressed as they travel. 1 KB: 1,000 bytes. */
export interface WebRow {
  webGzipKb: number;
  met: boolean;
}

/** What the gateway adds to a request at the median, with and without people who look at a live page. */
export interface LiveRow {
  livePages: number;
  addedMs: number;
  addedWithoutMs: number;
  ratio: number;
  met: boolean;
}

export type DashboardRow = PageRow | WebRow | LiveRow;

export function pageRow(page: string, requests: number, { p50Ms, p95Ms }: { p50Ms: number; p95Ms: number }): PageRow {
  return { page, requests, p50Ms, p95Ms, met: p95Ms <= pageGoalMs };
}

export function webRow(bytes: number): WebRow {
  const webGzipKb = bytes / 1_000;
  return { webGzipKb, met: webGzipKb <= webGoalKb };
}

export function liveRow(livePages: number, { addedMs, addedWithoutMs }: Omit<LiveRow, "livePages" | "ratio" | "met">) {
  const ratio = addedMs / addedWithoutMs;
  return { livePages, addedMs, addedWithoutMs, ratio, met: ratio <= liveGoalRatio };
}

const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

export const dashboardColumns: readonly Column<DashboardRow>[] = [
  {
    header: "measure",
    value: (row) => {
      if ("page" in row) return row.page;
      if ("webGzipKb" in row) return "first load of the web, gzip";
      return `added to a request while ${row.livePages} live pages are open`;
    },
  },
  { header: "requests", value: (row) => ("page" in row ? `${row.requests}` : "") },
  { header: "p50", value: (row) => ("page" in row ? `${ms(row.p50Ms)} ms` : "") },
  {
    header: "p95, or value",
    value: (row) => {
      if ("page" in row) return `${ms(row.p95Ms)} ms`;
      if ("webGzipKb" in row) return `${row.webGzipKb.toFixed(1)} KB`;
      return `${row.addedMs.toFixed(2)} ms, ${row.ratio.toFixed(2)} times the ${row.addedWithoutMs.toFixed(2)} ms without`;
    },
  },
  {
    header: "goal",
    value: (row) => {
      if ("page" in row) return `<= ${pageGoalMs} ms`;
      return "webGzipKb" in row ? `<= ${webGoalKb} KB` : `<= ${liveGoalRatio} times`;
    },
  },
  { header: "met", value: ({ met }) => (met ? "yes" : "no") },
];
