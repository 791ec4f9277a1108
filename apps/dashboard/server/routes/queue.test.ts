import { queueSchema } from "@tera/admin-api/queue";
import { newRunnerStatus, newServedModel, newWorkerState } from "@tera/testkit/worker-state";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
dashboard.workers.push(newWorkerState("w1", [newRunnerStatus("r1", { models: [newServedModel("org/m")] })]));
const admin = await dashboard.withToken("admin");
const read = async () => queueSchema.parse((await admin("GET", "/queue")).body);

test("a model's lane is paused and resumed, and each is in the audit log once", async () => {
  expect(await read()).toMatchObject({
    models: [{ model: "org/m", open: 0, running: 0, isPaused: false }],
    isCut: false,
    queues: [{ name: "runs" }],
  });
  for (const _ of [1, 2]) expect((await admin("POST", "/queue/org%2Fm/pause", {})).status).toBe(200);
  expect((await read()).models).toMatchObject([{ isPaused: true }]);
  await admin("POST", "/queue/org%2Fm/resume", {});
  expect((await read()).models).toMatchObject([{ isPaused: false }]);
  expect((await admin("GET", "/audit?objectId=org/m")).body).toMatchObject({
    items: [{ action: "queue.resume" }, { action: "queue.pause", after: { isPaused: true } }],
  });
});

test("a viewer looks and changes nothing; a customer has no such page", async () => {
  const viewer = await dashboard.withToken("viewer");
  expect((await viewer("GET", "/queue")).status).toBe(200);
  expect((await viewer("POST", "/queue/org%2Fm/pause", {})).status).toBe(403);
  const customer = await dashboard.withToken("member", await dashboard.createAccount("Acme"));
  expect((await customer("GET", "/queue")).status).toBe(403);
});
