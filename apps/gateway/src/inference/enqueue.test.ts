import { type Job, jobVersion } from "@tera/protocol";
import { newServedModel } from "@tera/testkit/worker-state";
import { describe, expect, it, vi } from "vitest";
import { createDispatcher } from "./enqueue.ts";

const served = newServedModel("m");
const reserve = 4;

function job(requestId: string): Job {
  return {
    version: jobVersion,
    requestId,
    attempt: 1,
    gatewayId: "g",
    accountId: "a",
    keyId: "k",
    laneClass: "normal",
    stream: false,
    admittedAtMs: 1,
    expiresAtMs: 2,
    avoidRunners: [],
    billing: { holds: [] },
    seal: "",
    request: { kind: "completion", model: "m", prompts: ["x"], echo: false, n: 1, sampling: {} },
  };
}

function dispatcher(slots: { ready: number }, enqueue?: () => Promise<never>) {
  const sent: string[] = [];
  const withdrawn: string[] = [];
  const lane = {
    enqueue:
      enqueue ??
      ((one: Job) => {
        sent.push(one.requestId);
        return Promise.resolve({ key: "lane", id: one.requestId });
      }),
    withdraw: async (entry: { id: string }) => void withdrawn.push(entry.id),
  };
  return {
    sent,
    withdrawn,
    dispatcher: createDispatcher({ lane, roster: { find: () => ({ replicas: [served], readySlots: slots.ready }) } }),
  };
}

describe("the queue in the gateway", () => {
  it("puts no more on the lane than the slots and a small reserve, in order of arrival", () => {
    const { dispatcher: queue, sent } = dispatcher({ ready: 2 });
    const tickets = Array.from({ length: 10 }, (_, index) => queue.submit(job(`r${index}`), () => undefined));
    expect(sent).toEqual(["r0", "r1", "r2", "r3", "r4", "r5"].slice(0, 2 + reserve));
    expect(queue.waiting).toBe(4);
    tickets[3]?.done();
    tickets[3]?.done();
    expect(sent.at(-1)).toBe("r6");
    expect(queue.waiting).toBe(3);
  });

  it("sends more when there are more slots, and nothing while there are none", () => {
    const slots = { ready: 0 };
    const { dispatcher: queue, sent } = dispatcher(slots);
    queue.submit(job("r0"), () => undefined);
    expect(sent).toEqual([]);
    slots.ready = 1;
    queue.pump();
    expect(sent).toEqual(["r0"]);
  });

  it("withdraws for nothing what waits, and from the lane what was sent", async () => {
    const slots = { ready: 1 };
    const { dispatcher: queue, sent, withdrawn } = dispatcher(slots);
    const tickets = Array.from({ length: 7 }, (_, index) => queue.submit(job(`r${index}`), () => undefined));
    tickets[6]?.withdraw();
    tickets[0]?.withdraw();
    await vi.waitFor(() => expect(withdrawn).toEqual(["r0"]));
    expect(sent).not.toContain("r6");
    expect(queue.waiting).toBe(0);
  });

  it("tells when Redis did not take a job", async () => {
    const { dispatcher: queue } = dispatcher({ ready: 1 }, () => Promise.reject(new Error("away")));
    const refused = new Promise((resolve) => queue.submit(job("r0"), resolve));
    expect(await refused).toMatchObject({ code: "queue_unavailable", retryAfterS: 2 });
  });
});
