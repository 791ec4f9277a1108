/**
 * The price book: what each model costs at each moment. Rows are never changed: a new price is a row that begins later, a correction of a past one is a
 * higher revision of the same beginning.
 */
import { type Db, type Price, price } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { desc, eq, sql } from "drizzle-orm";

export interface NewPrice {
  model: string;
  /** In force from here on; now when absent. */
  validFrom?: Date | undefined;
  isFree?: boolean | undefined;
  /** Nano-USD per unit; 0 when absent, a cached token as much as any other. */
  inputNano?: bigint | undefined;
  outputNano?: bigint | undefined;
  cacheReadNano?: bigint | undefined;
  requestNano?: bigint | undefined;
  characterNano?: bigint | undefined;
  /** Hundredths of a percent. */
  batchDiscountBasisPoints?: number | undefined;
  author: string;
  reason?: string | undefined;
}

export interface PriceStore {
  /** Beginnings in the past are corrections: they change no charge by themselves, re-rating does. */
  addPrice(wanted: NewPrice): Promise<Price>;
  /** A model's rows, the latest beginning and revision first; every model's without one. */
  listPrices(options: { model?: string | undefined; limit: number }): Promise<Price[]>;
  findPrice(id: string): Promise<Price | undefined>;
  /** The models that have a price, or had one; by id, `limit` at most. */
  listPricedModels(limit: number): Promise<string[]>;
}

export function createPriceStore({ db }: { db: Db }): PriceStore {
  return {
    async addPrice(wanted) {
      const { inputNano = 0n } = wanted;
      const validFrom = wanted.validFrom ?? new Date();
      const nextRevision = sql<number>`(select coalesce(max(revision), 0) + 1 from ${price} where model = ${wanted.model} and valid_from = ${validFrom.toISOString()})`;
      const [added] = await db
        .insert(price)
        .values({
          id: `price_${randomBase62(16)}`,
          model: wanted.model,
          validFrom,
          revision: nextRevision,
          isFree: wanted.isFree ?? false,
          inputNano,
          outputNano: wanted.outputNano ?? 0n,
          cacheReadNano: wanted.cacheReadNano ?? inputNano,
          requestNano: wanted.requestNano ?? 0n,
          characterNano: wanted.characterNano ?? 0n,
          batchDiscountBasisPoints: wanted.batchDiscountBasisPoints ?? 0,
          author: wanted.author,
          reason: wanted.reason ?? null,
        })
        .returning();
      if (added === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return added;
    },
    async listPrices({ model, limit }) {
      return db
        .select()
        .from(price)
        .where(model === undefined ? undefined : eq(price.model, model))
        .orderBy(price.model, desc(price.validFrom), desc(price.revision))
        .limit(limit);
    },
    async findPrice(id) {
      const [found] = await db.select().from(price).where(eq(price.id, id));
      return found;
    },
    async listPricedModels(limit) {
      const rows = await db.selectDistinct({ model: price.model }).from(price).orderBy(price.model).limit(limit);
      return rows.map(({ model }) => model);
    },
  };
}

/** Price rows, arranged for look-ups on the hot path. */
export interface PriceBook {
  /** The price of a model that was in force at a moment, in epoch milliseconds; undefined: none was. */
  at(model: string, epochMs: number): Price | undefined;
  byId(id: string): Price | undefined;
}

export function createPriceBook(rows: readonly Price[]): PriceBook {
  const ids = new Map(rows.map((row) => [row.id, row]));
  const models = new Map<string, Price[]>();
  // The latest beginning first, and of one beginning the highest revision: the first that has begun is the one.
  const ordered = rows.toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime() || b.revision - a.revision);
  for (const row of ordered) {
    const known = models.get(row.model);
    if (known === undefined) models.set(row.model, [row]);
    else known.push(row);
  }
  return {
    at: (model, epochMs) => models.get(model)?.find((row) => row.validFrom.getTime() <= epochMs),
    byId: (id) => ids.get(id),
  };
}
