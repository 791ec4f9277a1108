import { expect, test } from "vitest";
import { createLineHolder } from "./line-holder.ts";

test("a line whose begin was committed without an answer is put back, one that is worked at is not", async () => {
  const running = [
    { batchId: "batch_1", number: 1, attempt: 1 },
    { batchId: "batch_1", number: 2, attempt: 3 },
  ];
  const back: object[] = [];
  const holder = createLineHolder(
    {
      listRunning: async (gatewayId) => (gatewayId === "g1" ? running : []),
      giveBack: async (...given) => void back.push(given),
    },
    "g1",
  );
  const worked = Promise.withResolvers<void>();
  const work = holder.hold({ batchId: "batch_1", number: 1 }, () => worked.promise);
  // The connection broke.
  await expect(
    holder.hold({ batchId: "batch_1", number: 2 }, () => Promise.reject(new Error("reset"))),
  ).rejects.toThrow();
  expect(await holder.giveBackLost()).toBe(1);
  expect(back).toEqual([[{ batchId: "batch_1", number: 2, attempt: 3 }, false, 0]]);
  worked.resolve();
  await work;
  expect(await holder.giveBackLost()).toBe(2);
});
