/** Sets a price so that every gateway changes at the same moment. */
import type { Price } from "@tera/database";
import { createPriceBook, type NewPrice, type PriceStore } from "./price-book.ts";

/** A price that takes the place of another begins when every gateway knows it. */
const noticeMs = 2_000;
/** Rows of one model. */
export const priceHistoryMax = 10_000;

/**
 * Where no beginning is named, the first price of a model begins at once, and another after a short notice. Gateways are told by the caller.
 * @returns `isFirst`: none was in force before.
 */
export async function announcePrice(
  store: PriceStore,
  wanted: NewPrice,
  now: number = Date.now(),
): Promise<{ price: Price; isFirst: boolean }> {
  const { model } = wanted;
  const before = createPriceBook(await store.listPrices({ model, limit: priceHistoryMax })).at(model, now);
  const validFrom = wanted.validFrom ?? new Date(before === undefined ? now : now + noticeMs);
  return { price: await store.addPrice({ ...wanted, validFrom }), isFirst: before === undefined };
}
