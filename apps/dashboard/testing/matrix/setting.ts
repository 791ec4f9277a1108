/** Where the matrix of rights is asked: a dashboard with payments and a price, whose months a test can let pass. */
import { installTestClock, type TestClock } from "@tera/database/testing";
import { createPriceStore, openStripe } from "@tera/metering";
import { startFakeStripe } from "@tera/testkit";
import { newRunnerStatus, newServedModel, newWorkerState } from "@tera/testkit/worker-state";
import { type Ask, startTestDashboard, type TestDashboard } from "../dashboard.ts";
import { seller } from "./samples.ts";

export interface Setting {
  dashboard: TestDashboard;
  clock: TestClock;
  /** A script of an owner's: makes what only the Admin API can make. */
  owner: Ask;
  /** Of the model `m`, long in force. */
  priceId: string;
  close(): Promise<void>;
}

export async function startSetting(): Promise<Setting> {
  const stripe = await startFakeStripe();
  const payments = await openStripe({ apiKey: "sk_test_1", webhookSecret: undefined, apiUrl: stripe.url });
  const dashboard = await startTestDashboard({
    payments,
    act: () => ({ version: 1, outcome: "accepted" }),
    readLogs: () => ({ version: 1, found: "lines", lines: [] }),
  });
  dashboard.workers.push(newWorkerState("w1", [newRunnerStatus("r1", { models: [newServedModel("m")] })]));
  const clock = await installTestClock(dashboard.databaseUrl);
  const price = { model: "m", inputNano: 100n, cacheReadNano: 10n, outputNano: 1_000n, author: "test" };
  const { id: priceId } = await createPriceStore(dashboard).addPrice({ ...price, validFrom: new Date("2020-01-01") });
  const owner = await dashboard.withToken("owner");
  await owner("PUT", "/seller", seller);
  return {
    dashboard,
    clock,
    owner,
    priceId,
    async close() {
      await dashboard.close();
      await stripe.close();
    },
  };
}
