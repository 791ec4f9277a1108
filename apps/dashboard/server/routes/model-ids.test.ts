import { createModelStore } from "@tera/access";
import { createPriceStore } from "@tera/metering";
import { workerStateSchema } from "@tera/protocol";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard, testFileMaxBytes } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());

const served = { created: 0, ownedBy: "x", inputModalities: ["text"], outputModalities: ["text"] };
const model = { id: "runs/now", ...served, features: [], samplingParameters: [] };
const runner = { id: "r", kind: "http", engine: "vllm", state: "ready", models: [model], slots: 1, busy: 0 };
const worker = { version: 1, workerId: "w", host: "h", startedAtMs: 0, draining: false, runners: [runner] };

test("an operator chooses among all models that are known, a customer among those that the API lists", async () => {
  dashboard.workers.push(workerStateSchema.parse(worker));
  const modelStore = createModelStore({ db: dashboard.db });
  await modelStore.setModel("always/listed", { alwaysListed: true });
  await modelStore.setModel("named/only", { name: "Secret project" });
  await createPriceStore({ db: dashboard.db }).addPrice({ model: "priced/only", author: "test" });

  const viewer = await dashboard.signIn("viewer");
  expect((await viewer("GET", "/model-ids")).body).toEqual({
    items: [
      { id: "always/listed", isServed: false },
      { id: "named/only", isServed: false },
      { id: "priced/only", isServed: false },
      { id: "runs/now", isServed: true },
    ],
  });
  const customer = await dashboard.signIn("member", await dashboard.createAccount("Acme"));
  expect((await customer("GET", "/model-ids")).body).toEqual({
    items: [
      { id: "always/listed", isServed: false },
      { id: "runs/now", isServed: true },
    ],
  });
});

test("whoever is signed in knows what clients call, and how large a file may be", async () => {
  const customer = await dashboard.signIn("member", await dashboard.createAccount("calls"));
  expect((await customer("GET", "/installation")).body).toEqual({
    apiUrl: "https://api.example.com/v1",
    fileMaxBytes: testFileMaxBytes,
  });
});
