/** `/admin/api/seller` and `/admin/api/accounts/{id}/buyer`: what invoices and statements say of both sides. */

import { type Buyer, buyerSchema, maybeSellerSchema, type Seller, sellerSchema } from "@tera/admin-api/billing";
import type { Buyer as BuyerRow, Db, Seller as SellerRow } from "@tera/database";
import { createPartyStore, formatUsd } from "@tera/metering";
import { z } from "zod";
import { mustSee, mustSeeAll } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { notFound } from "../errors.ts";
import { toBasisPoints, toNano, toPercent } from "../money/amounts.ts";

const idParams = z.object({ accountId: z.string() });

export function registerPartyRoutes(app: AdminApp, { db, change }: { db: Db; change: Change }): void {
  app.get(
    "/seller",
    {
      config: { permission: "billing:read" },
      schema: { summary: "Who sells, as invoices say it", response: { 200: maybeSellerSchema } },
    },
    async ({ actor }) => {
      mustSeeAll(actor);
      const found = await createPartyStore({ db }).seller();
      return {
        seller: found === undefined ? null : toSeller(found),
        updatedAt: found?.updatedAt.toISOString() ?? null,
      };
    },
  );

  app.put(
    "/seller",
    {
      config: { permission: "billing:write" },
      schema: { summary: "Say who sells", body: sellerSchema, response: { 200: sellerSchema } },
    },
    async ({ body, actor }) => {
      mustSeeAll(actor);
      const { taxRatePercent, ...rest } = body;
      return change(actor, async (tx) => {
        const store = createPartyStore({ db: tx });
        const before = await store.seller();
        const set = await store.setSeller({ ...rest, taxRateBasisPoints: toBasisPoints(taxRatePercent) });
        if (set === undefined) throw new Error("a seller with a name was not stored");
        const after = toSeller(set);
        const entry = {
          action: "invoice.seller",
          objectKind: "seller",
          objectId: "seller",
          objectName: after.name,
          before: before === undefined ? undefined : toSeller(before),
          after,
        };
        return { answer: after, entry };
      });
    },
  );

  app.get(
    "/accounts/:accountId/buyer",
    {
      config: { permission: "billing:read" },
      schema: { summary: "The customer, as invoices say it", params: idParams, response: { 200: buyerSchema } },
    },
    async ({ params: { accountId }, actor }) => {
      mustSee(actor, accountId);
      const found = await createPartyStore({ db }).buyer(accountId);
      if (found === undefined) throw notFound("account");
      return toBuyer(found.buyer);
    },
  );

  app.put(
    "/accounts/:accountId/buyer",
    {
      config: { permission: "billing:write" },
      schema: {
        summary: "Say who the customer is",
        params: idParams,
        body: buyerSchema,
        response: { 200: buyerSchema },
      },
    },
    async ({ params: { accountId }, body, actor }) => {
      mustSee(actor, accountId);
      const { taxRatePercent, lowBalance, ...rest } = body;
      return change(actor, async (tx) => {
        const store = createPartyStore({ db: tx });
        const before = await store.buyer(accountId);
        if (before === undefined) throw notFound("account");
        const after = toBuyer(
          await store.setBuyer(accountId, {
            ...rest,
            taxRateBasisPoints: taxRatePercent === null ? null : toBasisPoints(taxRatePercent),
            lowBalanceNano: lowBalance === null ? null : toNano(lowBalance),
          }),
        );
        const entry = {
          action: "invoice.buyer",
          objectKind: "account",
          objectId: accountId,
          objectName: before.account.name,
          accountId,
          before: toBuyer(before.buyer),
          after,
        };
        return { answer: after, entry };
      });
    },
  );
}

function toSeller({ name, address, taxId, email, paymentNote, taxRateBasisPoints, dueDays }: SellerRow): Seller {
  return { name, address, taxId, email, paymentNote, taxRatePercent: toPercent(taxRateBasisPoints), dueDays };
}

function toBuyer(row: BuyerRow | undefined): Buyer {
  const { name = null, address = null, taxId = null, email = null } = row ?? {};
  const { taxRateBasisPoints = null, lowBalanceNano = null } = row ?? {};
  return {
    name,
    address,
    taxId,
    email,
    taxRatePercent: taxRateBasisPoints === null ? null : toPercent(taxRateBasisPoints),
    lowBalance: lowBalanceNano === null ? null : formatUsd(lowBalanceNano),
  };
}
