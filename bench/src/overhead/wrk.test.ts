import { expect, test } from "vitest";
import { parseWrkOutput } from "./wrk.ts";

const printed = `Running 5s test @ http://127.0.0.1:8000/v1/chat/completions
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   120.00us   80.00us   5.00ms   90.00%
  20000 requests in 4.00s, 9.54MB read
  Non-2xx or 3xx responses: 3
`;

test("wrk's result is read from the line that its script prints", () => {
  const line = `{"requests":20000,"durationUs":4000000,"p50Us":120,"p99Us":2500,"connectErrors":1,"readErrors":0,"writeErrors":0,"statusErrors":3,"timeouts":1}`;
  expect(parseWrkOutput(`${printed}${line}\n`)).toEqual({
    requests: 20_000,
    requestsPerSecond: 5_000,
    p50Ms: 0.12,
    p99Ms: 2.5,
    errors: 5,
  });
});

test("output without that line is an error that shows it", () => {
  expect(() => parseWrkOutput("unable to connect to 127.0.0.1:8000 Connection refused")).toThrow("Connection refused");
});
