import { expect, test } from "vitest";
import { type StreamMeasurement, toStreamRows } from "./rows.ts";

const direct: StreamMeasurement = {
  target: "direct",
  streams: 16,
  chunks: 100,
  cpuUs: {},
  ttftsMs: [1, 2, 3],
  errors: 0,
};

test("the CPU of all rounds is spread over the chunks of all rounds, in all and by part", () => {
  const tera = { ...direct, target: "tera", ttftsMs: [2, 4, 9] } as const;
  const [, row] = toStreamRows([
    direct,
    { ...tera, chunks: 100, cpuUs: { gateway: 3_000, worker: 2_000, redis: 1_000 } },
    { ...tera, chunks: 300, cpuUs: { gateway: 5_000, worker: 6_000, redis: 3_000 }, errors: 2 },
  ]);
  expect(row).toEqual({
    target: "tera",
    streams: 16,
    chunks: 400,
    cpuUsPerChunk: 50,
    gatewayCpuUsPerChunk: 20,
    workerCpuUsPerChunk: 20,
    redisCpuUsPerChunk: 10,
    ttftAddedP50Ms: 2,
    ttftAddedP99Ms: 6,
    errors: 2,
  });
});

test("direct costs nothing and adds nothing", () => {
  expect(toStreamRows([direct])).toEqual([
    { target: "direct", streams: 16, chunks: 100, cpuUsPerChunk: 0, ttftAddedP50Ms: 0, ttftAddedP99Ms: 0, errors: 0 },
  ]);
});
