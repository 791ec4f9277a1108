/** The load client where there is no wrk: this process. Slower than wrk, and on two cores a good part of what it measures. */
import { Agent, request as openRequest } from "node:http";
import { percentile } from "../statistics.ts";
import { chatRequestBody } from "./chat-request.ts";
import type { Load, LoadClient, LoadResult } from "./load.ts";

export const nodeLoad: LoadClient = { program: `Node ${process.versions.node}`, run: runLoad };

async function runLoad({ endpoint, clients, seconds }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const body = Buffer.from(chatRequestBody(endpoint.model));
  const headers = { "content-type": "application/json", "content-length": body.length, ...endpoint.headers };
  const url = new URL(endpoint.url);
  const latenciesMs: number[] = [];
  let errors = 0;

  function ask(): Promise<void> {
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const request = openRequest(url, { agent, method: "POST", headers }, (response) => {
        response.resume();
        response.once("close", () => {
          if (response.complete) latenciesMs.push(performance.now() - startedMs);
          if (!response.complete || response.statusCode !== 200) errors++;
          resolve();
        });
      });
      request.once("error", () => {
        errors++;
        resolve();
      });
      request.end(body);
    });
  }

  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1e3;
  async function keepAsking(): Promise<void> {
    while (performance.now() < endMs) await ask();
  }
  await Promise.all(Array.from({ length: clients }, keepAsking));
  const tookMs = performance.now() - startedMs;
  agent.destroy();
  return {
    requests: latenciesMs.length,
    requestsPerSecond: latenciesMs.length / (tookMs / 1e3),
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    errors,
  };
}
