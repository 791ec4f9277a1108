/** The price book as people look at it: which models have a price, what of each is in force, what comes, what was. */
import { type Db, type Price, price } from "@tera/database";
import { and, asc, countDistinct, desc, ilike, inArray, lte, sql } from "drizzle-orm";
import { createPriceBook } from "./price-book.ts";

/** in force: what a request is charged now. ahead: begins later. replaced: was in force until another began. corrected: another has the same beginning. */
export type PriceStatus = "in force" | "ahead" | "replaced" | "corrected";

/** @param rows all that their models have */
export function withStatus(rows: readonly Price[], now: number): (Price & { status: PriceStatus })[] {
  const book = createPriceBook(rows);
  const statusOf = (row: Price): PriceStatus => {
    if (book.at(row.model, row.validFrom.getTime()) !== row) return "corrected";
    if (row.validFrom.getTime() > now) return "ahead";
    return book.at(row.model, now) === row ? "in force" : "replaced";
  };
  return rows.map((row) => ({ ...row, status: statusOf(row) }));
}

export interface PricedModel {
  model: string;
  inForce: Price | undefined;
  /** The next that begins. */
  ahead: Price | undefined;
  /** Rows of the price book, corrections included. */
  prices: number;
}

/** Rows of the models of one page; each has a handful. */
const rowsMax = 20_000;

/** @param pattern for ILIKE, on the model's name */
export async function listPricedModels(
  db: Pick<Db, "select">,
  { page, pageSize, pattern, down }: { page: number; pageSize: number; pattern: string | undefined; down: boolean },
): Promise<{ items: PricedModel[]; total: number }> {
  const matches = pattern === undefined ? undefined : ilike(price.model, pattern);
  const [models, [counted]] = await Promise.all([
    db
      .select({ model: price.model, prices: sql`count(*)`.mapWith(Number) })
      .from(price)
      .where(matches)
      .groupBy(price.model)
      .orderBy((down ? desc : asc)(price.model))
      .limit(pageSize)
      .offset((page - 1) * pageSize),
    db
      .select({ total: countDistinct(price.model) })
      .from(price)
      .where(matches),
  ]);
  if (models.length === 0) return { items: [], total: counted?.total ?? 0 };
  const names = models.map(({ model }) => model);
  const rows = await db.select().from(price).where(inArray(price.model, names)).limit(rowsMax);
  const byModel = Map.groupBy(withStatus(rows, Date.now()), ({ model }) => model);
  const items = models.map(({ model, prices }) => {
    const own = byModel.get(model) ?? [];
    const ahead = own.filter(({ status }) => status === "ahead");
    return {
      model,
      prices,
      inForce: own.find(({ status }) => status === "in force"),
      ahead: ahead.toSorted((a, b) => a.validFrom.getTime() - b.validFrom.getTime())[0],
    };
  });
  return { items, total: counted?.total ?? 0 };
}

/** What a request for each of these models is charged now; models without a price in force are missing. */
export async function readPricesInForce(
  db: Pick<Db, "selectDistinctOn">,
  models: readonly string[],
): Promise<Map<string, Price>> {
  if (models.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([price.model])
    .from(price)
    .where(and(inArray(price.model, [...models]), lte(price.validFrom, sql`now()`)))
    .orderBy(price.model, desc(price.validFrom), desc(price.revision));
  return new Map(rows.map((row) => [row.model, row]));
}
