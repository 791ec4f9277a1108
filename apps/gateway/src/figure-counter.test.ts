import { gatewayFiguresSchema } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { expect, test } from "vitest";
import { createFigureCounter } from "./figure-counter.ts";

test("what ended, what was used and how long it took is counted up, in figures that the dashboard can read", () => {
  const counter = createFigureCounter({ openRequests: () => 3, waitingJobs: () => 2 });
  const usage = { promptTokens: 10, completionTokens: 5 };
  counter.ended(newUsageRecord({ usage, queueMs: 0, ttftMs: 5 }));
  counter.ended(newUsageRecord({ usage, queueMs: 1, ttftMs: 900_000 }));
  counter.ended(newUsageRecord({ usage: { promptTokens: 0, completionTokens: 0 }, status: "failed" }));
  counter.limited({ of: "key", kind: "tokens", max: 1 });
  counter.refused("client");
  counter.refused("client");
  counter.refused("gateway");
  const figures = gatewayFiguresSchema.parse(counter.read());
  expect(figures).toMatchObject({
    succeeded: 2,
    failed: 1,
    cancelled: 0,
    limited: { requests: 0, tokens: 1, concurrency: 0 },
    refused: 2,
    unserved: 1,
    promptTokens: 20,
    completionTokens: 10,
    open: 3,
    waiting: 2,
  });
  expect(figures.queueWait[0]).toBe(2);
  // Between 3.4 and 5.1 ms; longer than all bounds.
  expect(figures.ttft[4]).toBe(1);
  expect(figures.ttft.at(-1)).toBe(1);
});
