/** wrk as the load client: one thread of C, which is far quicker than whatever is measured. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { chatRequestBody } from "./chat-request.ts";
import type { LoadClient, LoadResult } from "./load.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./wrk.lua", import.meta.url));

const count = z.number().int().nonnegative();
const resultSchema = z.object({
  requests: count,
  durationUs: count.positive(),
  p50Us: count,
  p99Us: count,
  connectErrors: count,
  readErrors: count,
  writeErrors: count,
  statusErrors: count,
  timeouts: count,
});

/** @param directory for its request files. */
export function createWrk(program: { path: string; version: string }, directory: string): LoadClient {
  return {
    program: `wrk ${program.version}`,
    async run({ endpoint, clients, seconds }) {
      const requestFile = join(directory, "wrk-request");
      const headers = Object.entries({ "content-type": "application/json", ...endpoint.headers });
      const head = headers.map(([name, value]) => `${name}: ${value}\n`).join("");
      await writeFile(requestFile, `${head}\n${chatRequestBody(endpoint.model)}`);
      const load = ["--threads", "1", "--connections", `${clients}`, "--duration", `${seconds}s`, "--timeout", "10s"];
      const { stdout } = await run(program.path, [...load, "--script", script, endpoint.url, "--", requestFile]);
      return parseWrkOutput(stdout);
    },
  };
}

/** @param output all that wrk printed; the line of wrk.lua is among it. @throws when it is not. */
export function parseWrkOutput(output: string): LoadResult {
  const line = output.split("\n").findLast((each) => each.startsWith("{"));
  if (line === undefined) throw new Error(`wrk printed no result: ${output.slice(-300)}`);
  const result = resultSchema.parse(JSON.parse(line));
  return {
    requests: result.requests,
    requestsPerSecond: result.requests / (result.durationUs / 1e6),
    p50Ms: result.p50Us / 1e3,
    p99Ms: result.p99Us / 1e3,
    errors: result.connectErrors + result.readErrors + result.writeErrors + result.statusErrors + result.timeouts,
  };
}
