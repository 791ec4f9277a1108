/** The price book through an Admin API. It tells the gateways itself. */
import {
  appliedReratingSchema,
  pricedModelPageSchema,
  type pricedModelSchema,
  priceHistoryPageSchema,
  priceSchema,
  type Price as RemotePrice,
  reratingSchema,
} from "@tera/admin-api/prices";
import type { Price } from "@tera/database";
import { type Correction, formatUsd, formatUsdPerMillion, parseUsdPerMillion } from "@tera/metering";
import { formatPercent, readPercent } from "../commands/percent.ts";
import type { CommandPrices } from "../stack/command-prices.ts";
import type { AdminClient } from "./admin-client.ts";
import { toNano } from "./money.ts";
import { awaitTask } from "./remote-task.ts";

const modelsMax = 100_000;

export function createRemotePrices(client: AdminClient): CommandPrices {
  const listPrices: CommandPrices["listPrices"] = async ({ model, limit }) => {
    const query = { model };
    const found = await client.list<typeof priceSchema>(priceHistoryPageSchema, "/prices/history", query, limit);
    return found.map(toPrice);
  };

  return {
    listPrices,
    async inForce() {
      const models = await client.list<typeof pricedModelSchema>(pricedModelPageSchema, "/prices", {}, modelsMax);
      return new Map(models.flatMap(({ model, inForce }) => (inForce === null ? [] : [[model, toPrice(inForce)]])));
    },
    async announcePrice({ model, validFrom, isFree, reason, batchDiscountBasisPoints: points, ...amounts }) {
      const now = new Date();
      const perMillion = (nano: bigint | undefined) => (nano === undefined ? undefined : formatUsdPerMillion(nano));
      const body = {
        model,
        validFrom: validFrom?.toISOString(),
        free: isFree,
        input: perMillion(amounts.inputNano),
        output: perMillion(amounts.outputNano),
        cacheRead: perMillion(amounts.cacheReadNano),
        perMillionCharacters: perMillion(amounts.characterNano),
        request: amounts.requestNano === undefined ? undefined : formatUsd(amounts.requestNano),
        batchDiscountPercent: points === undefined ? undefined : formatPercent(points),
        reason,
      };
      const price = toPrice(await client.send("POST", priceSchema, "/prices", body));
      const others = (await listPrices({ model, limit: historyMax })).filter(({ id }) => id !== price.id);
      return { price, isFirst: others.every((other) => other.validFrom > now) };
    },
    async lookAt({ model, from, to, priceId }) {
      const body = { model, from: from.toISOString(), to: to.toISOString(), priceId };
      const { id, result: look } = await awaitTask(client, reratingSchema, "/reratings", body);
      return {
        accounts: look.accounts
          .map(({ accountId, requests, changed, unpriced, old, new: anew }) => ({
            accountId,
            requests,
            changed,
            unpriced,
            oldNano: toNano(old),
            newNano: toNano(anew),
          }))
          .toSorted((one, other) => (one.accountId < other.accountId ? -1 : 1)),
        changed: look.changed,
        accountsChanged: look.accountsChanged,
        unpriced: look.unpriced,
        async book({ reason }, onBooked) {
          const path = `/reratings/${encodeURIComponent(id)}/apply`;
          const pathOf = (task: string) => `/reratings/applied/${encodeURIComponent(task)}`;
          const { result } = await awaitTask(client, appliedReratingSchema, path, { reason }, pathOf);
          const corrections = result.corrections.map(
            ({ accountId, ledgerTransactionId, requests, difference }): Correction => ({
              accountId,
              ledgerTransactionId: BigInt(ledgerTransactionId),
              requests,
              differenceNano: toNano(difference),
            }),
          );
          for (const correction of corrections) onBooked(correction);
          return { reference: result.reference, corrections };
        },
      };
    },
  };
}

/** Of one model. */
const historyMax = 10_000;

function toPrice({ validFrom, createdAt, free, request, batchDiscountPercent, ...price }: RemotePrice): Price {
  const { id, model, revision, input, output, cacheRead, perMillionCharacters, author, reason } = price;
  return {
    id,
    model,
    validFrom: new Date(validFrom),
    revision,
    isFree: free,
    inputNano: toUnitNano(input),
    outputNano: toUnitNano(output),
    cacheReadNano: toUnitNano(cacheRead),
    requestNano: toNano(request),
    characterNano: toUnitNano(perMillionCharacters),
    batchDiscountBasisPoints: readPercent("batch discount", batchDiscountPercent),
    author,
    reason,
    createdAt: new Date(createdAt),
  };
}

/** @param perMillion USD. @returns nano-USD for one. */
function toUnitNano(perMillion: string): bigint {
  const nano = parseUsdPerMillion(perMillion);
  if (nano === undefined) throw new Error(`${perMillion} is no price of a million`);
  return nano;
}
