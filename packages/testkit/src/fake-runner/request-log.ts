/** What reached the fake runner and what became of it: tests assert on this. Bounded, so that benchmarks can run for hours. */
import { z } from "zod";

/** waiting -> running -> finished | aborted (the client left); refused: answered with an error at once. */
const requestStates = ["waiting", "running", "finished", "aborted", "refused"] as const;

const loggedRequestSchema = z.object({
  /** From 1, in order of arrival. */
  number: z.number(),
  path: z.string(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.undefined()])),
  /** The parsed body; null when it is longer than 64 KiB. */
  body: z.unknown(),
  /** The parameters that the engine understood, under vLLM's names whatever the dialect calls them; what it does not know is not here. */
  understood: z.record(z.string(), z.unknown()),
  bodyBytes: z.number(),
  state: z.enum(requestStates),
  /** The kind of the fault that struck it, see faults/fault.ts. */
  fault: z.string().nullable(),
  promptTokens: z.number(),
  /** Tokens generated so far, for all choices. */
  generatedTokens: z.number(),
  /** Epoch milliseconds. */
  receivedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
});
export type LoggedRequest = z.infer<typeof loggedRequestSchema>;

const totalsSchema = z.object({
  received: z.number(),
  finished: z.number(),
  aborted: z.number(),
  refused: z.number(),
  promptTokens: z.number(),
  generatedTokens: z.number(),
});
export type RequestTotals = z.infer<typeof totalsSchema>;

/** What `GET /_control/requests` answers. */
export const requestReportSchema = z.object({
  running: z.number(),
  waiting: z.number(),
  totals: totalsSchema,
  /** How often each kind of fault struck, pages included. */
  faults: z.record(z.string(), z.number()),
  /** The last 1,000 at least, oldest first. */
  requests: z.array(loggedRequestSchema),
});
export type RequestReport = z.infer<typeof requestReportSchema>;

export interface RequestLog {
  readonly totals: Readonly<RequestTotals>;
  readonly requests: LoggedRequest[];
  open(request: Pick<LoggedRequest, "path" | "headers" | "body" | "bodyBytes">): LoggedRequest;
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
        understood: {},
        bodyBytes,
        state: "waiting",
        fault: null,
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
