/**
 * The price book in memory: read at the start, again when somebody says that it changed, and when it has expired. While Postgres is away the last picture
 * stays, and it is asked again every two seconds: a request is charged the price that its gateway admitted it at.
 */
import type { Price } from "@tera/database";
import { databaseReason } from "@tera/database";
import { createPriceBook, type PriceBook, type PriceStore } from "@tera/metering";

const expiresAfterMs = 60_000;
const retryAfterMs = 2_000;
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
  let away = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function refresh(): Promise<void> {
    const mine = ++latest;
    clearTimeout(timer);
    const rows = await read();
    // A reading that began later knows more, and has set the timer.
    if (mine !== latest || stopped) return;
    if (rows !== undefined) book = createPriceBook(rows);
    timer = setTimeout(refresh, rows === undefined ? retryAfterMs : expiresAfterMs);
  }

  async function read(): Promise<Price[] | undefined> {
    try {
      const rows = await priceStore.listPrices({ limit: pricesMax });
      away = false;
      return rows;
    } catch (error) {
      // One line per outage.
      if (!away) log.warn({ reason: databaseReason(error) }, "the price book cannot be read; the last picture stays");
      away = true;
      return undefined;
    }
  }

  await refresh();
  return {
    at: (model, epochMs) => book.at(model, epochMs),
    refresh,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
