/** A load client: so many connections, each with one request at a time, for so long. */
import type { Endpoint } from "../targets/target.ts";

export interface Load {
  endpoint: Endpoint;
  clients: number;
  seconds: number;
}

export interface LoadResult {
  /** Answered, whatever the status. */
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Not answered, or with another status than 2xx. */
  errors: number;
}

export interface LoadClient {
  /** What it is, for the report. */
  readonly program: string;
  run(load: Load): Promise<LoadResult>;
}
