/** What needs somebody, as far as Postgres knows. */
import { account, apiKey, backgroundRun, type Db, price, usageDay } from "@tera/database";
import { formatUsd, listLowBalances, readPricesInForce } from "@tera/metering";
import { desc, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Attention } from "../../api/overview.ts";

const lowBalancesMax = 5;
const modelsMax = 200;
/** Its name and outcome are those of packages/background. */
const ledgerCheck = "ledger-check";
const ledgerOutcomeSchema = z.object({ findings: z.number().int().nonnegative() });

/** @param served the models that are served now */
export async function readAttention(db: Db, served: readonly string[]): Promise<Attention> {
  const models = served.slice(0, modelsMax);
  const [prices, low, runs, setUp] = await Promise.all([
    readPricesInForce(db, models),
    listLowBalances(db, lowBalancesMax),
    db.select().from(backgroundRun).orderBy(desc(backgroundRun.startedAt)),
    readSetUp(db),
  ]);
  const check = runs.find(({ name }) => name === ledgerCheck);
  const outcome = ledgerOutcomeSchema.safeParse(check?.outcome);
  return {
    unpricedModels: models.filter((model) => !prices.has(model)),
    lowBalances: {
      items: low.items.map(({ balanceNano, ...item }) => ({ ...item, balance: formatUsd(balanceNano) })),
      total: low.total,
    },
    ledger:
      check?.succeededAt && outcome.success
        ? { checkedAt: check.succeededAt.toISOString(), findings: outcome.data.findings }
        : null,
    failedRuns: runs.flatMap(({ name, startedAt, failure }) =>
      failure === null ? [] : [{ name, startedAt: startedAt.toISOString(), failure }],
    ),
    setUp,
  };
}

async function readSetUp(db: Db): Promise<Attention["setUp"]> {
  const some = (query: SQL) => sql<boolean>`exists (${query})`;
  const [found] = await db
    .select({
      account: some(sql`select from ${account}`),
      key: some(sql`select from ${apiKey} where ${eq(apiKey.purpose, "api")}`),
      price: some(sql`select from ${price}`),
      request: some(sql`select from ${usageDay}`),
    })
    .from(sql`(select) as nothing`);
  if (found === undefined) throw new Error("a SELECT without a table gave no row");
  return found;
}
