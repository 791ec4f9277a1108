import type { Price } from "@tera/database";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startPriceList } from "./price-list.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function price(id: string, validFrom: number, revision = 1): Price {
  const amounts = { inputNano: 1n, outputNano: 1n, cacheReadNano: 1n, requestNano: 0n, characterNano: 0n };
  const origin = { batchDiscountBasisPoints: 0, author: "test", reason: null, createdAt: new Date(0) };
  return { id, model: "m", validFrom: new Date(validFrom), revision, isFree: false, ...amounts, ...origin };
}

test("a price that was read ahead comes into force at its moment; the highest revision counts", async () => {
  const rows = [price("a", 1_000), price("b", 2_000), price("b2", 2_000, 2)];
  const list = await startPriceList({ priceStore: { listPrices: async () => rows }, log: { warn: vi.fn() } });
  expect([999, 1_000, 1_999, 2_000].map((at) => list.at("m", at)?.id)).toEqual([undefined, "a", "a", "b2"]);
  expect(list.at("other", 2_000)).toBeUndefined();
  list.stop();
});

test("while Postgres is away the last picture stays, it is said once, and asked again every two seconds", async () => {
  const warn = vi.fn();
  let rows: Price[] | undefined = [price("a", 1)];
  async function listPrices() {
    if (rows === undefined) throw new Error("away");
    return rows;
  }
  const list = await startPriceList({ priceStore: { listPrices }, log: { warn } });
  rows = undefined;
  await list.refresh();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(list.at("m", 5)?.id).toBe("a");
  expect(warn).toHaveBeenCalledOnce();
  rows = [price("b", 1)];
  await vi.advanceTimersByTimeAsync(2_000);
  expect(list.at("m", 5)?.id).toBe("b");
  list.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("of two readings at once the later one counts, whichever comes back last", async () => {
  const answers: ((rows: Price[]) => void)[] = [];
  const priceStore = { listPrices: () => new Promise<Price[]>((resolve) => void answers.push(resolve)) };
  const starting = startPriceList({ priceStore, log: { warn: vi.fn() } });
  answers[0]?.([]);
  const list = await starting;
  const readings = [list.refresh(), list.refresh()];
  answers[2]?.([price("new", 1)]);
  answers[1]?.([price("old", 1)]);
  await Promise.all(readings);
  expect(list.at("m", 5)?.id).toBe("new");
  list.stop();
});
