/** The price book in Postgres, as commands use it: each change with its entry in the audit log. */
import { type AuditActor, changeAudited } from "@tera/access";
import type { Db, Price } from "@tera/database";
import * as metering from "@tera/metering";
import { randomBase62 } from "@tera/protocol";
import { toPriceJson } from "../commands/prices/price-text.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { CommandPrices } from "./command-prices.ts";

const pricesMax = 100_000;

export function createStoredPrices({ db, actor }: { db: Db; actor: AuditActor }): CommandPrices {
  const { listPrices, findPrice } = metering.createPriceStore({ db });
  const rerating = metering.createRerating({ db });

  async function requirePrice(model: string, id: string): Promise<void> {
    const price = await findPrice(id);
    if (price === undefined) throw new CliError(`There is no price ${id}. \`tera prices list ${model}\` shows them.`);
    if (price.model !== model) throw new CliError(`${id} is a price of ${price.model}, not of ${model}.`);
  }

  return {
    listPrices,
    async inForce() {
      const rows = await listPrices({ limit: pricesMax });
      const book = metering.createPriceBook(rows);
      const now = Date.now();
      const models = [...new Set(rows.map(({ model }) => model))];
      return new Map(
        models.flatMap((model): [string, Price][] => {
          const price = book.at(model, now);
          return price === undefined ? [] : [[model, price]];
        }),
      );
    },
    async announcePrice(wanted) {
      return changeAudited(db, actor, async (tx) => {
        const announced = await metering.announcePrice(metering.createPriceStore({ db: tx }), wanted);
        const { id, createdAt: _at, author: _by, ...after } = toPriceJson(announced.price, metering);
        const object = { objectKind: "price", objectId: id, objectName: wanted.model };
        return { answer: announced, entry: { action: "price.set", ...object, after } };
      });
    },
    async lookAt(query) {
      if (query.priceId !== undefined) await requirePrice(query.model, query.priceId);
      const accounts = await rerating.preview(query);
      const changing = accounts.filter(({ changed }) => changed > 0);
      return {
        accounts,
        changed: changing.reduce((sum, { changed }) => sum + changed, 0),
        accountsChanged: changing.length,
        unpriced: accounts.reduce((sum, { unpriced }) => sum + unpriced, 0),
        async book({ author, reason }, onBooked) {
          const reference = `rerate_${randomBase62(16)}`;
          const corrections: metering.Correction[] = [];
          for (const { accountId } of changing) {
            const booked = await changeAudited(db, actor, async (tx) => {
              const made = await metering.createRerating({ db: tx }).correct(accountId, query, {
                author,
                reason,
                reference,
              });
              if (made === undefined) return { answer: made, entry: undefined };
              const { model, from, to, priceId = null } = query;
              const difference = metering.formatUsd(made.differenceNano);
              const after = { model, from, to, priceId, reason, reference, difference };
              const object = { objectKind: "account", objectId: accountId, accountId };
              return { answer: made, entry: { action: "price.rerate", ...object, after } };
            });
            if (booked === undefined) continue;
            corrections.push(booked);
            onBooked(booked);
          }
          return { reference, corrections };
        },
      };
    },
  };
}
