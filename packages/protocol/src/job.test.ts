import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJob, encodeJob, type Job, laneClasses } from "./job.ts";

const text = fc.string({ unit: "binary", minLength: 1 });
const request: fc.Arbitrary<Job["request"]> = fc.oneof(
  fc.record({
    kind: fc.constant("chat" as const),
    model: text,
    messages: fc.array(fc.record({ role: fc.constant("user" as const), content: text })),
    n: fc.integer({ min: 1, max: 4 }),
    sampling: fc.record({
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
      stop: fc.array(text),
    }),
  }),
  fc.record({
    kind: fc.constant("completion" as const),
    model: text,
    prompts: fc.array(fc.oneof(text, fc.array(fc.nat()))),
    echo: fc.boolean(),
    n: fc.constant(1),
    sampling: fc.constant({}),
  }),
  fc.record({ kind: fc.constant("speech" as const), model: text, input: text, format: fc.constant("wav" as const) }),
);
const job: fc.Arbitrary<Job> = fc.record({
  version: fc.constant(1 as const),
  requestId: text,
  attempt: fc.integer({ min: 1, max: 9 }),
  gatewayId: text,
  accountId: text,
  keyId: text,
  laneClass: fc.constantFrom(...laneClasses),
  expiresAtMs: fc.nat(),
  avoidRunners: fc.array(text),
  billing: fc.constant({ priceId: "price_1", holds: [{ purseId: "acct_1", leaseId: "lease_1" }] }),
  seal: text,
  stream: fc.boolean(),
  admittedAtMs: fc.nat(),
  request,
});

test("a job arrives as it was sent", () => {
  fc.assert(
    fc.property(job, (sent) => {
      expect(decodeJob(encodeJob(sent))).toEqual(JSON.parse(JSON.stringify(sent)));
    }),
  );
});

const valid = {
  version: 1,
  requestId: "req_1",
  attempt: 1,
  gatewayId: "g",
  accountId: "a",
  keyId: "k",
  laneClass: "normal",
  expiresAtMs: 1,
  avoidRunners: [],
  stream: false,
  admittedAtMs: 1,
  billing: { holds: [] },
  seal: "",
  request: { kind: "speech", model: "m", input: "hi", format: "wav" },
};

test.each([
  ["another version", { version: 2 }],
  ["an unknown lane class", { laneClass: "urgent" }],
  ["attempt 0", { attempt: 0 }],
  ["no request id", { requestId: "" }],
  ["an unknown kind", { request: { kind: "image", model: "m" } }],
  ["no model", { request: { kind: "chat" } }],
  ["no request", { request: null }],
])("a job with %s is refused", (_, change) => {
  expect(() => decodeJob(JSON.stringify(valid))).not.toThrow();
  expect(() => decodeJob(JSON.stringify({ ...valid, ...change }))).toThrow();
});
