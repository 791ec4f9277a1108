/** `/admin/api/reratings`: what requests should have been charged; and, of what was looked at, the correction of what they were. */

import {
  type AppliedRerating,
  appliedReratingSchema,
  type Rerating,
  reratingApplySchema,
  reratingRequestSchema,
  reratingSchema,
} from "@tera/admin-api/prices";
import type { Db } from "@tera/database";
import { type AccountRerating, createPriceStore, createRerating, formatUsd, type ReratingQuery } from "@tera/metering";
import { randomBase62 } from "@tera/protocol";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { type Actor, authorOf, mustSeeAll } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { createChange } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";
import { readAccountNames } from "../money/account-money.ts";
import { createTaskBoard } from "../tasks.ts";

type Preview = NonNullable<Rerating["result"]>;
type Applied = NonNullable<AppliedRerating["result"]>;

const idParams = z.object({ id: z.string() });
/** Of a preview on the screen. */
const accountsShownMax = 200;

/** @param longDb whose statements may take minutes: a month of a busy model is looked at row by row. */
export function registerReratingRoutes(app: AdminApp, { longDb, log }: { longDb: Db; log: FastifyBaseLogger }): void {
  const previews = createTaskBoard<Preview>({ what: "A look at what would change", log });
  const bookings = createTaskBoard<Applied>({ what: "A re-rating", log });
  /** Of previews: the accounts whose charges change, by the preview's result. */
  const changing = new WeakMap<Preview, readonly string[]>();
  const change = createChange(longDb);
  app.addHook("onClose", async () => {
    await Promise.all([previews.close(), bookings.close()]);
  });

  app.post(
    "/reratings",
    {
      config: { permission: "prices:write" },
      schema: {
        summary: "What would change if a model's requests of a period were charged anew",
        body: reratingRequestSchema,
        response: { 200: reratingSchema },
      },
    },
    async ({ body: { model, from, to, priceId }, actor }) => {
      mustSeeAll(actor);
      if (priceId !== undefined) await mustBePriceOf(model, priceId);
      const query = { model, from: new Date(from), to: new Date(to), priceId };
      return previews.start(actor, () => preview(query));
    },
  );

  app.get(
    "/reratings/:id",
    {
      config: { permission: "prices:write" },
      schema: { summary: "How such a look is doing", params: idParams, response: { 200: reratingSchema } },
    },
    async ({ params: { id }, actor }) => {
      mustSeeAll(actor);
      const task = previews.find(id);
      if (task === undefined) throw notFound("re-rating");
      return task;
    },
  );

  app.post(
    "/reratings/:id/apply",
    {
      config: { permission: "prices:write" },
      schema: {
        summary: "Book the differences that were looked at",
        params: idParams,
        body: reratingApplySchema,
        response: { 200: appliedReratingSchema },
      },
    },
    async ({ params: { id }, body: { reason }, actor }) => {
      mustSeeAll(actor);
      const seen = previews.find(id)?.result ?? undefined;
      const accounts = seen === undefined ? undefined : changing.get(seen);
      if (seen === undefined || accounts === undefined) throw notFound("re-rating");
      if (seen.appliedBy !== null) throw new AdminError("conflict", `It was booked before, by ${seen.appliedBy}.`);
      const starting = bookings.start(actor, (signal) => apply({ seen, accounts, actor, reason, signal }));
      return starting;
    },
  );

  app.get(
    "/reratings/applied/:id",
    {
      config: { permission: "prices:write" },
      schema: { summary: "How the booking is doing", params: idParams, response: { 200: appliedReratingSchema } },
    },
    async ({ params: { id }, actor }) => {
      mustSeeAll(actor);
      const task = bookings.find(id);
      if (task === undefined) throw notFound("re-rating");
      return task;
    },
  );

  async function mustBePriceOf(model: string, priceId: string): Promise<void> {
    const found = await createPriceStore({ db: longDb }).findPrice(priceId);
    if (found?.model === model) return;
    const fields = [{ path: "priceId", message: `is no price of ${model}` }];
    throw new AdminError("invalid_request", `priceId: is no price of ${model}`, { fields });
  }

  async function preview(query: ReratingQuery): Promise<Preview> {
    const found = await createRerating({ db: longDb }).preview(query);
    const changed = found.filter((each) => each.changed > 0);
    const most = found
      .toSorted((a, b) => compare(sizeOf(b), sizeOf(a)) || b.changed - a.changed)
      .slice(0, accountsShownMax);
    const names = await readAccountNames(
      longDb,
      most.map(({ accountId }) => accountId),
    );
    const result: Preview = {
      model: query.model,
      from: query.from.toISOString(),
      to: query.to.toISOString(),
      priceId: query.priceId ?? null,
      ...toEffect(sumUp(found)),
      accountsChanged: changed.length,
      accounts: most.map((each) => ({
        accountId: each.accountId,
        name: names.get(each.accountId) ?? each.accountId,
        ...toEffect(each),
      })),
      appliedBy: null,
    };
    changing.set(
      result,
      changed.map(({ accountId }) => accountId),
    );
    return result;
  }

  /** Account by account, each with its audit entry; broken off and begun again, it books what is missing and nothing twice. */
  async function apply(options: {
    seen: Preview;
    accounts: readonly string[];
    actor: Actor;
    reason: string;
    signal: AbortSignal;
  }): Promise<Applied> {
    const { seen, accounts, actor, reason, signal } = options;
    const { model, from, to, priceId } = seen;
    const query = { model, from: new Date(from), to: new Date(to), priceId: priceId ?? undefined };
    const reference = `rerate_${randomBase62(16)}`;
    const sum = { accounts: 0, requests: 0, nano: 0n };
    const corrections: Applied["corrections"] = [];
    seen.appliedBy = authorOf(actor);
    try {
      for (const accountId of accounts) {
        if (signal.aborted)
          throw new AdminError("unavailable", "The dashboard was stopped. Look again, and book the rest.");
        const booked = await change(actor, async (tx) => {
          const booking = { author: authorOf(actor), reason, reference };
          const made = await createRerating({ db: tx }).correct(accountId, query, booking);
          const after = {
            model,
            from,
            to,
            priceId,
            reason,
            reference,
            difference: formatUsd(made?.differenceNano ?? 0n),
          };
          const entry = { action: "price.rerate", objectKind: "account", objectId: accountId, accountId, after };
          return { answer: made, entry: made === undefined ? undefined : entry };
        });
        if (booked === undefined) continue;
        sum.accounts++;
        sum.requests += booked.requests;
        sum.nano += booked.differenceNano;
        if (corrections.length >= accountsShownMax) continue;
        corrections.push({
          accountId,
          ledgerTransactionId: String(booked.ledgerTransactionId),
          requests: booked.requests,
          difference: formatUsd(booked.differenceNano),
        });
      }
    } catch (error) {
      // Applied in part: the same look may be applied again, for what is missing.
      seen.appliedBy = null;
      throw error;
    }
    return { reference, accounts: sum.accounts, requests: sum.requests, difference: formatUsd(sum.nano), corrections };
  }
}

type Effect = Omit<AccountRerating, "accountId">;

function sumUp(all: readonly Effect[]): Effect {
  const sum = { requests: 0, changed: 0, unpriced: 0, oldNano: 0n, newNano: 0n };
  for (const { requests, changed, unpriced, oldNano, newNano } of all) {
    sum.requests += requests;
    sum.changed += changed;
    sum.unpriced += unpriced;
    sum.oldNano += oldNano;
    sum.newNano += newNano;
  }
  return sum;
}

function toEffect({ requests, changed, unpriced, oldNano, newNano }: Effect) {
  return {
    requests,
    changed,
    unpriced,
    old: formatUsd(oldNano),
    new: formatUsd(newNano),
    difference: formatUsd(newNano - oldNano),
  };
}

function sizeOf({ oldNano, newNano }: Effect): bigint {
  return newNano < oldNano ? oldNano - newNano : newNano - oldNano;
}

function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
