/**
 * Runs one line of a batch as a request: held, exchanged and answered like a live one, only that it waits for slots that live requests leave, and that its answer
 * becomes a line of a file.
 */
import type { Principal } from "@tera/access";
import { type LineEnd, parseRequestLine, type RunningLine } from "@tera/batch";
import { defaultReasoningField, newRequestId, TeraError, toErrorBody, type UsageRecord } from "@tera/protocol";
import type { Bill, Biller } from "../billing/biller.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { requireCapabilities } from "../catalog/require-capabilities.ts";
import type { Call, Renderer } from "../dialects/dialect.ts";
import type { Admission } from "../inference/admit.ts";
import type { AnswerSink, Exchanges } from "../inference/exchange.ts";
import { parseLine } from "./parse-line.ts";

/** Until a line that could not be begun is looked at again. */
const notReadyDelayMs = 2_000;
const unpaidDelayMs = 500;
const failedDelayMs = 1_000;
/** A line that fails so often fails for good; the others go on. */
const triesMax = 2;

/** What another try may heal, and how it counts: an engine's failure can be the line's own fault; a service that is away is not. */
const passing: ReadonlySet<string> = new Set([
  "no_replica",
  "queue_unavailable",
  "database_unavailable",
  "draining",
  "queue_full",
  "queue_wait_timeout",
  "rate_limit_exceeded",
]);

export type LineOutcome =
  /** @param counted whether this end was the line's; then it is charged. */
  | { type: "ended"; end: LineEnd; close(counted: boolean): void }
  | { type: "again"; failed: boolean; delayMs: number }
  /** Nothing of the account runs that could still give something back. */
  | { type: "unpaid"; reason: string };

export interface LineRunner {
  /** Never rejects for what the line, its customer or its engine can cause. @param text the line, as it is in the file */
  run(line: RunningLine, text: string, principal: Principal): Promise<LineOutcome>;
  /** The end of a line that cannot be asked. */
  refuse(line: RunningLine, error: TeraError): LineOutcome;
  /** Ends what runs, without a result. */
  stop(): void;
}

export interface LineRunnerOptions {
  exchanges: Pick<Exchanges, "open">;
  biller: Biller;
  catalog: Pick<Catalog, "find">;
}

export function createLineRunner({ exchanges, biller, catalog }: LineRunnerOptions): LineRunner {
  const stops = new Set<() => void>();
  /** Lines that hold credit, by account. */
  const paying = new Map<string, number>();

  function pays(accountId: string, by: 1 | -1): void {
    const count = (paying.get(accountId) ?? 0) + by;
    if (count === 0) paying.delete(accountId);
    else paying.set(accountId, count);
  }

  function requireServed(principal: Principal, { request }: Call): void {
    const { model } = request;
    if (principal.modelScope !== null && !principal.modelScope.has(model)) {
      throw new TeraError("model_not_allowed", `This API key may not use the model \`${model}\`.`, { param: "model" });
    }
    const entry = catalog.find(model);
    if (entry === undefined || !entry.ready)
      throw new TeraError("no_replica", `No replica of \`${model}\` is ready right now.`);
    requireCapabilities(entry, request);
  }

  function ended(
    line: RunningLine,
    requestId: string,
    answer: { body: string } | { error: TeraError },
    usage: UsageRecord | undefined,
    bill: Bill | undefined,
  ): LineOutcome {
    const { batchId, number, attempt, customId } = line;
    return {
      type: "ended",
      end: {
        batchId,
        number,
        attempt,
        customId,
        errorCode: "error" in answer ? answer.error.code : undefined,
        body: renderLine(line, requestId, answer),
        usage,
        chargeNano: usage === undefined || bill === undefined ? 0n : bill.chargeOf(usage),
      },
      close(counted) {
        if (usage !== undefined) bill?.close(counted ? usage : { ...usage, status: "failed" });
        if (bill !== undefined) pays(line.accountId, -1);
      },
    };
  }

  /** @returns undefined: it cannot be healed by another try. */
  function again(line: RunningLine, error: TeraError): LineOutcome | undefined {
    if (passing.has(error.code)) return { type: "again", failed: false, delayMs: notReadyDelayMs };
    // Of a request, a worker that took the gateway for gone is not asked again, because it was charged; of a line, nothing was.
    const healable = error.retryable || error.code === "worker_lost";
    if (healable && line.failures + 1 < triesMax) return { type: "again", failed: true, delayMs: failedDelayMs };
    return undefined;
  }

  async function open(line: RunningLine, call: Call, principal: Principal): Promise<Bill | LineOutcome> {
    try {
      const bill = await biller.open(principal, call.request, Date.now(), "batch");
      pays(line.accountId, 1);
      return bill;
    } catch (error) {
      if (!(error instanceof TeraError) || error.code !== "insufficient_quota") throw error;
      if (paying.has(line.accountId)) return { type: "again", failed: false, delayMs: unpaidDelayMs };
      return { type: "unpaid", reason: error.message };
    }
  }

  function exchange(
    requestId: string,
    call: Call,
    principal: Principal,
    bill: Bill,
  ): Promise<{ record: UsageRecord; answer: { body: string } | { error: TeraError } | undefined }> {
    const admittedAtMs = Date.now();
    const reasoningField = catalog.find(call.request.model)?.profile.reasoningField ?? defaultReasoningField;
    const collector = createCollector(() =>
      call.createRenderer({ requestId, createdAtS: Math.floor(admittedAtMs / 1_000), reasoningField }),
    );
    return new Promise((resolve) => {
      const admission: Admission = {
        principal,
        lane: "batch",
        request: bill.request,
        billing: bill.billing,
        admittedAtMs,
        release(record) {
          stops.delete(stop);
          resolve({ record, answer: collector.answer });
        },
      };
      const exchange = exchanges.open(requestId, admission, false, collector);
      const stop = () => exchange.clientGone();
      stops.add(stop);
    });
  }

  async function run(line: RunningLine, text: string, principal: Principal): Promise<LineOutcome> {
    const requestId = newRequestId();
    try {
      const asked = parseLine(parseRequestLine(text));
      const call = { ...asked, request: { ...asked.request, model: line.model } };
      requireServed(principal, call);
      const bill = await open(line, call, principal);
      if ("type" in bill) return bill;
      const { record, answer } = await exchange(requestId, call, principal, bill);
      // Stopped with the gateway; or of an answer that no renderer has words for.
      if (answer === undefined) return giveUp(line, bill, record, { type: "again", failed: false, delayMs: 0 });
      const retry = "error" in answer ? again(line, answer.error) : undefined;
      if (retry !== undefined) return giveUp(line, bill, record, retry);
      return ended(line, requestId, answer, record, bill);
    } catch (error) {
      if (!(error instanceof TeraError)) throw error;
      return again(line, error) ?? ended(line, requestId, { error }, undefined, undefined);
    }
  }

  function giveUp(line: RunningLine, bill: Bill, record: UsageRecord, outcome: LineOutcome): LineOutcome {
    bill.close({ ...record, status: "failed" });
    pays(line.accountId, -1);
    return outcome;
  }

  return {
    run,
    refuse: (line, error) => ended(line, newRequestId(), { error }, undefined, undefined),
    stop() {
      for (const stop of [...stops]) stop();
    },
  };
}

interface Collector extends AnswerSink {
  /** Undefined: there was none, because it was stopped. */
  readonly answer: { body: string } | { error: TeraError } | undefined;
}

/** Takes an answer for a file instead of a connection. */
function createCollector(createRenderer: () => Renderer): Collector {
  let renderer = createRenderer();
  let answer: { body: string } | { error: TeraError } | undefined;
  return {
    deltas(deltas) {
      renderer.deltas(deltas);
      return true;
    },
    end(usage) {
      answer = { body: String(renderer.end(usage)) };
    },
    restart() {
      renderer = createRenderer();
    },
    error(error) {
      answer = { error };
    },
    keepAlive: () => undefined,
    get answer() {
      return answer;
    },
  };
}

/** A line of the output or error file, in OpenAI's format. */
function renderLine(
  { customId }: RunningLine,
  requestId: string,
  answer: { body: string } | { error: TeraError },
): string {
  const id = `batch_req_${requestId.replace(/^req_/, "")}`;
  const [status, body] =
    "body" in answer ? [200, answer.body] : [answer.error.status, JSON.stringify(toErrorBody(answer.error))];
  const response = `{"status_code":${status},"request_id":${JSON.stringify(requestId)},"body":${body}}`;
  return `{"id":${JSON.stringify(id)},"custom_id":${JSON.stringify(customId)},"response":${response},"error":null}`;
}
