/** What reached the fake runner and what became of it: tests assert on this. Bounded, so that benchmarks can run for hours. */
import type { IncomingHttpHeaders } from "node:http";

/** waiting -> running -> finished | aborted (the client left); refused: answered with an error at once. */
export type RequestState = "waiting" | "running" | "finished" | "aborted" | "refused";

export interface LoggedRequest {
  /** From 1, in order of arrival. */
  number: number;
  path: string;
  headers: IncomingHttpHeaders;
  /** The parsed body; null when it is longer than 64 KiB. */
  body: unknown;
  bodyBytes: number;
  state: RequestState;
  promptTokens: number;
  /** Tokens generated so far, for all choices. */
  generatedTokens: number;
  /** Epoch milliseconds. */
  receivedAtMs: number;
  endedAtMs: number | null;
}

export interface RequestTotals {
  received: number;
  finished: number;
  aborted: number;
  refused: number;
  promptTokens: number;
  generatedTokens: number;
}

export interface RequestLog {
  readonly totals: Readonly<RequestTotals>;
  readonly requests: readonly LoggedRequest[];
  open(request: { path: string; headers: IncomingHttpHeaders; body: unknown; bodyBytes: number }): LoggedRequest;
  close(request: LoggedRequest, state: "finished" | "aborted" | "refused"): void;
  clear(): void;
}

const requestsMax = 1_000;
const bodyBytesMax = 64 * 1024;

export function createRequestLog(): RequestLog {
  let requests: LoggedRequest[] = [];
  const totals: RequestTotals = {
    received: 0,
    finished: 0,
    aborted: 0,
    refused: 0,
    promptTokens: 0,
    generatedTokens: 0,
  };
  return {
    totals,
    get requests() {
      return requests;
    },
    open({ path, headers, body, bodyBytes }) {
      totals.received++;
      const request: LoggedRequest = {
        number: totals.received,
        path,
        headers,
        body: bodyBytes > bodyBytesMax ? null : body,
        bodyBytes,
        state: "waiting",
        promptTokens: 0,
        generatedTokens: 0,
        receivedAtMs: Date.now(),
        endedAtMs: null,
      };
      requests.push(request);
      // Cutting in blocks keeps the cost per request constant.
      if (requests.length >= 2 * requestsMax) requests = requests.slice(-requestsMax);
      return request;
    },
    close(request, state) {
      if (request.endedAtMs !== null) return;
      request.endedAtMs = Date.now();
      request.state = state;
      totals[state]++;
      totals.promptTokens += request.promptTokens;
      totals.generatedTokens += request.generatedTokens;
    },
    clear() {
      requests = [];
      Object.assign(totals, { received: 0, finished: 0, aborted: 0, refused: 0, promptTokens: 0, generatedTokens: 0 });
    },
  };
}
