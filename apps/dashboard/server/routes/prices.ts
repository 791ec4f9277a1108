/** `/admin/api/prices`: the price book. Its rows are never changed: a new price begins later, a correction of a past one has the same beginning. */
import { contains } from "@tera/access";
import {
  newPriceSchema,
  pricedModelListQuery,
  pricedModelPageSchema,
  priceHistoryPageSchema,
  priceHistoryQuery,
  priceSchema,
} from "@tera/admin-api/prices";
import type { Db } from "@tera/database";
import { announcePrice, createPriceStore, listPricedModels, priceHistoryMax, withStatus } from "@tera/metering";
import type { Invalidation } from "@tera/queue";
import { authorOf, mustSeeAll } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { perMillionToNano, toBasisPoints, toNano } from "../money/amounts.ts";
import { toPrice } from "../money/price-json.ts";

export interface PriceDependencies {
  db: Db;
  change: Change;
  tellGateways(message: Invalidation): Promise<void>;
}

export function registerPriceRoutes(app: AdminApp, { db, change, tellGateways }: PriceDependencies): void {
  app.get(
    "/prices",
    {
      config: { permission: "prices:read" },
      schema: {
        summary: "List models with the prices in force",
        querystring: pricedModelListQuery,
        response: { 200: pricedModelPageSchema },
      },
    },
    async ({ query: { page, pageSize, search, sort }, actor }) => {
      mustSeeAll(actor);
      const pattern = search === undefined || search === "" ? undefined : contains(search);
      const { items, total } = await listPricedModels(db, { page, pageSize, pattern, down: sort === "-model" });
      return {
        items: items.map(({ model, inForce, ahead, prices }) => ({
          model,
          prices,
          inForce: inForce === undefined ? null : toPrice(inForce, "in force"),
          ahead: ahead === undefined ? null : toPrice(ahead, "ahead"),
        })),
        total,
      };
    },
  );

  app.get(
    "/prices/history",
    {
      config: { permission: "prices:read" },
      schema: {
        summary: "All prices that a model, or any, had, has and will have",
        querystring: priceHistoryQuery,
        response: { 200: priceHistoryPageSchema },
      },
    },
    async ({ query: { model, page, pageSize, sort }, actor }) => {
      mustSeeAll(actor);
      const rows = await createPriceStore({ db }).listPrices({ model, limit: priceHistoryMax });
      const listed = withStatus(rows, Date.now());
      if (sort === "validFrom") listed.reverse();
      const items = listed.slice((page - 1) * pageSize, page * pageSize);
      return { items: items.map((row) => toPrice(row, row.status)), total: rows.length };
    },
  );

  app.post(
    "/prices",
    {
      config: { permission: "prices:write" },
      schema: { summary: "Set a price from a moment on", body: newPriceSchema, response: { 200: priceSchema } },
    },
    async ({ body, actor }) => {
      mustSeeAll(actor);
      const { model, validFrom, free, input, output, cacheRead, perMillionCharacters, request, reason } = body;
      const { batchDiscountPercent } = body;
      const perMillion = (text: string | undefined) => (text === undefined ? undefined : perMillionToNano(text));
      const added = await change(actor, async (tx) => {
        const { price } = await announcePrice(createPriceStore({ db: tx }), {
          model,
          validFrom: validFrom === undefined ? undefined : new Date(validFrom),
          isFree: free,
          inputNano: perMillion(input),
          outputNano: perMillion(output),
          cacheReadNano: perMillion(cacheRead),
          characterNano: perMillion(perMillionCharacters),
          requestNano: request === undefined ? undefined : toNano(request),
          batchDiscountBasisPoints:
            batchDiscountPercent === undefined ? undefined : toBasisPoints(batchDiscountPercent),
          author: authorOf(actor),
          reason,
        });
        const { id, status: _, createdAt: _at, author: _by, ...after } = toPrice(price, "ahead");
        const entry = { action: "price.set", objectKind: "price", objectId: id, objectName: model, after };
        return { answer: price, entry };
      });
      await tellGateways({ type: "prices" });
      const rows = await createPriceStore({ db }).listPrices({ model, limit: priceHistoryMax });
      const status = withStatus(rows, Date.now()).find(({ id }) => id === added.id)?.status ?? "ahead";
      return toPrice(added, status);
    },
  );
}
