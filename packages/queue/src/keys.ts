/**
 * Every Redis key that Tera uses. A hash tag (`{...}`) says which keys live together in a Redis Cluster; no command and no script
 * touches two tags.
 *
 * | key | what |
 * |---|---|
 * | `tera:{m:<model>}:lane:<class>` | stream: jobs for a model, by class, and `batch` for lines of batches; group `workers` |
 * | `tera:{w:<worker>}:lane` | stream: jobs for one worker; it is their only reader |
 * | `tera:{w:<worker>}:control` | stream: what one worker is told outside the lanes |
 * | `tera:{w:<worker>}:state` | hash with TTL: a worker's heartbeat |
 * | `tera:{w:<worker>}:logs:<token>` | string with TTL: a runner's last log lines, for who asked for them |
 * | `tera:{w:<worker>}:ticket:<token>` | string with TTL: who asked for something to be done with a runner still waits |
 * | `tera:{w:<worker>}:done:<token>` | string with TTL: the answer, for who asked |
 * | `tera:{g:<gateway>}:reply` | stream: frames for one gateway |
 * | `tera:{g:<gateway>}:usage` | stream: the workers' copies of usage records |
 * | `tera:{g:<gateway>}:recall` | pub/sub channel: others ask this gateway for credit that lies idle in its leases, or answer it |
 * | `tera:{g:<gateway>}:alive` | string with TTL: a gateway's heartbeat, and when it was started |
 * | `tera:{g:<gateway>}:figures` | stream with TTL: what a gateway has counted, every 2 s, for about an hour |
 * | `tera:{a:<account>}:limit:<subject>:<kind>` | of the account or one of its keys: a window of requests or tokens (hash), or who holds places (sorted set) |
 * | `tera:{a:<account>}:limit:owners` | sorted set: the processes that hold places, by until when they count as alive |
 * | `tera:workers`, `tera:gateways` | who has been seen: a set, and a sorted set by time of the last heartbeat |
 * | `tera:gateways:figures` | sorted set: gateways by when they last told their figures |
 * | `tera:engine-counts` | stream: what engines' own counters say, until it is in Postgres |
 * | `tera:invalidate` | pub/sub channel: something that others cache has changed |
 */
import type { JobLane } from "@tera/protocol";

export const laneGroup = "workers";

export const keys = {
  lane: (model: string, laneClass: JobLane) => `tera:{m:${model}}:lane:${laneClass}`,
  workerLane: (workerId: string) => `tera:{w:${workerId}}:lane`,
  control: (workerId: string) => `tera:{w:${workerId}}:control`,
  workerState: (workerId: string) => `tera:{w:${workerId}}:state`,
  runnerLogs: (workerId: string, token: string) => `tera:{w:${workerId}}:logs:${token}`,
  runnerTicket: (workerId: string, token: string) => `tera:{w:${workerId}}:ticket:${token}`,
  runnerDone: (workerId: string, token: string) => `tera:{w:${workerId}}:done:${token}`,
  reply: (gatewayId: string) => `tera:{g:${gatewayId}}:reply`,
  usage: (gatewayId: string) => `tera:{g:${gatewayId}}:usage`,
  recall: (gatewayId: string) => `tera:{g:${gatewayId}}:recall`,
  alive: (gatewayId: string) => `tera:{g:${gatewayId}}:alive`,
  figures: (gatewayId: string) => `tera:{g:${gatewayId}}:figures`,
  limit: (accountId: string, subject: string, kind: string) => `tera:{a:${accountId}}:limit:${subject}:${kind}`,
  limitOwners: (accountId: string) => `tera:{a:${accountId}}:limit:owners`,
  workers: "tera:workers",
  gateways: "tera:gateways",
  figureGateways: "tera:gateways:figures",
  engineCounts: "tera:engine-counts",
  invalidate: "tera:invalidate",
} as const;
