/** The gateway's metrics. Labels come from our own fixed words; a model's name is one only because it is in the catalog. */
import type { Limit } from "@tera/access";
import type { ErrorCode, UsageRecord } from "@tera/protocol";
import { Counter, Gauge, Histogram, type Registry } from "@tera/telemetry";

export interface GatewayGauges {
  openRequests(): number;
  waitingJobs(): number;
  pendingUsage(): number;
}

export interface GatewayCounters {
  /** To be called with each request that ended. */
  ended(record: UsageRecord): void;
  /** To be called with the limit for which a request was refused. */
  limited(limit: Limit): void;
  /** To be called with why a request was refused, if it was not a limit. */
  refused(code: ErrorCode): void;
  /** To be called with how many requests' content was to be kept and was lost. */
  contentLost(requests: number): void;
  /** To be called with how many refused requests were neither kept nor counted. */
  refusalsLost(requests: number): void;
}

export function registerGatewayMetrics(registry: Registry, gauges: GatewayGauges): GatewayCounters {
  const registers = [registry];
  const requests = new Counter({
    name: "tera_requests_total",
    help: "Requests that ended",
    labelNames: ["model", "endpoint", "status"],
    registers,
  });
  const limited = new Counter({
    name: "tera_limited_requests_total",
    help: "Requests refused because of a limit of their key or account",
    labelNames: ["of", "kind"],
    registers,
  });
  const refused = new Counter({
    name: "tera_refused_requests_total",
    help: "Requests refused for another reason than a limit",
    labelNames: ["code"],
    registers,
  });
  const contentLost = new Counter({
    name: "tera_content_lost_total",
    help: "Requests whose prompt and answer were to be kept and could not be",
    registers,
  });
  const refusalsLost = new Counter({
    name: "tera_refusals_lost_total",
    help: "Refused requests that could not be noted",
    registers,
  });
  const tokens = new Counter({
    name: "tera_tokens_total",
    help: "Tokens metered",
    labelNames: ["model", "kind"],
    registers,
  });
  const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
  const ttft = new Histogram({
    name: "tera_time_to_first_token_seconds",
    help: "From admission to the first delta",
    labelNames: ["model"],
    buckets,
    registers,
  });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("tera_open_requests", "Requests admitted and not yet ended", gauges.openRequests);
  gauge("tera_waiting_jobs", "Jobs that wait in the gateway for a slot", gauges.waitingJobs);
  gauge("tera_pending_usage_records", "Usage records not yet in Postgres", gauges.pendingUsage);

  return {
    ended(record) {
      requests.inc({ model: record.model, endpoint: record.endpoint, status: record.status });
      tokens.inc({ model: record.model, kind: "prompt" }, record.usage.promptTokens);
      tokens.inc({ model: record.model, kind: "completion" }, record.usage.completionTokens);
      if (record.ttftMs !== undefined) ttft.observe({ model: record.model }, record.ttftMs / 1_000);
    },
    limited: ({ of, kind }) => limited.inc({ of, kind }),
    refused: (code) => refused.inc({ code }),
    contentLost: (requests) => contentLost.inc(requests),
    refusalsLost: (requests) => refusalsLost.inc(requests),
  };
}
