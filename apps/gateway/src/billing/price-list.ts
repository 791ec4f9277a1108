/**
 * The price book in memory: read at the start, again when somebody says that it changed, and when it has expired. While Postgres is away the last picture
 * stays: a request is charged the price that its gateway admitted it at.
 */
import type { Price } from "@tera/database";
import { databaseReason } from "@tera/database";
import { createPriceBook, type PriceBook, type PriceStore } from "@tera/metering";

const expiresAfterMs = 60_000;
const pricesMax = 100_000;

export interface PriceList {
  /** The price of a model at a moment, in epoch milliseconds; undefined: it has none. */
  at(model: string, epochMs: number): Price | undefined;
  /** Never rejects. */
  refresh(): Promise<void>;
  stop(): void;
}

export interface PriceListOptions {
  priceStore: Pick<PriceStore, "listPrices">;
  log: { warn(fields: object, message: string): void };
}

export async function startPriceList({ priceStore, log }: PriceListOptions): Promise<PriceList> {
  let book: PriceBook = createPriceBook([]);
  let latest = 0;

  async function refresh(): Promise<void> {
    const mine = ++latest;
    try {
      const rows = await priceStore.listPrices({ limit: pricesMax });
      // A reading that began later knows more.
      if (mine === latest) book = createPriceBook(rows);
    } catch (error) {
      log.warn({ reason: databaseReason(error) }, "the price book cannot be read; the last picture stays");
    }
  }

  const timer = setInterval(refresh, expiresAfterMs);
  await refresh();
  return { at: (model, epochMs) => book.at(model, epochMs), refresh, stop: () => clearInterval(timer) };
}
