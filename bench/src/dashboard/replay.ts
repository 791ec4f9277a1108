/** A page's questions asked again, of another subject each time: all at once over as many connections as a browser opens, until the last answer is there. */
import { Agent, get } from "node:http";
import { percentile } from "../statistics.ts";
import type { Subject } from "./pages.ts";
import type { RecordedPage } from "./record-pages.ts";
import type { Visitor } from "./visitors.ts";

/** Of a browser, with HTTP/1.1. */
const connectionsMax = 6;
/** The live figures have no end: they are there with the first snapshot. */
const snapshotEvent = /^event: snapshot\ndata: .*\n\n/m;

export interface PageTiming {
  p50Ms: number;
  p95Ms: number;
}

/**
 * @param recordedOf what the page was about when it was recorded
 * @param subjects one for each time; the first is not counted
 */
export async function replayPage(
  { asked }: RecordedPage,
  { visitor, recordedOf, subjects }: { visitor: Visitor; recordedOf: Subject; subjects: readonly Subject[] },
): Promise<PageTiming> {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const tookMs: number[] = [];
  try {
    for (const [index, subject] of subjects.entries()) {
      const paths = asked.map((path) => aboutAnother(path, recordedOf, subject));
      const startedAt = performance.now();
      await Promise.all(paths.map((path) => ask(agent, visitor, path)));
      if (index > 0) tookMs.push(performance.now() - startedAt);
    }
  } finally {
    agent.destroy();
  }
  return { p50Ms: percentile(tookMs, 0.5), p95Ms: percentile(tookMs, 0.95) };
}

/** The same question about another account, key, request, invoice, batch and model. */
export function aboutAnother(path: string, recordedOf: Subject, subject: Subject): string {
  let changed = path;
  for (const name of ["accountId", "keyId", "requestId", "invoice", "batchId", "model"] as const) {
    const [from, to] = [encodeURIComponent(recordedOf[name]), encodeURIComponent(subject[name])];
    changed = changed.replaceAll(new RegExp(`(?<=[/=,])${from.replaceAll(/\W/g, "\\$&")}(?![\\w%-])`, "g"), () => to);
  }
  return changed;
}

function ask(agent: Agent, { url, cookie }: Visitor, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url + path, { agent, headers: { cookie } }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`${path} answered ${response.statusCode}`));
        return;
      }
      const isLive = response.headers["content-type"] === "text/event-stream";
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        if (!isLive) return;
        text += piece;
        if (snapshotEvent.test(text)) {
          resolve();
          response.destroy();
        }
      });
      response.once("error", reject);
      response.once("end", resolve);
    });
    request.once("error", reject);
  });
}
