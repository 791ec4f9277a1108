/** Requests as programs read them: amounts are decimal strings of USD, quantities of a cost are strings too, because they are exact. */
import type { CommandDescription, CommandPriced, CommandRequest } from "../../stack/command-usage.ts";

export type Metering = typeof import("@tera/metering");

export function toRequestJson(request: CommandRequest & { holds?: unknown }, { formatUsd }: Metering) {
  const { chargeNano, correctionNano, ledgerTransactionId, holds: _holds, ...envelope } = request;
  return {
    ...envelope,
    charged: formatUsd(chargeNano),
    corrected: formatUsd(correctionNano),
    cost: formatUsd(chargeNano + correctionNano),
    ledgerTransactionId: ledgerTransactionId === null ? null : String(ledgerTransactionId),
  };
}

export function toDescriptionJson(description: CommandDescription, metering: Metering) {
  const { usage, accountName, keyName, timeline, attempts, why, cost } = description;
  const { charged, nothingBecause, corrections } = cost;
  return {
    ...toRequestJson(usage, metering),
    accountName,
    keyName,
    why,
    timeline,
    attemptsMade: attempts,
    costOf: {
      charged: charged === undefined ? null : toPricedJson(charged, metering),
      nothingBecause: nothingBecause ?? null,
      corrections: corrections.map(({ at, author, reason, ledgerTransactionId, amountNano, priced }) => ({
        at,
        author,
        reason,
        ledgerTransactionId: String(ledgerTransactionId),
        amount: metering.formatUsd(amountNano),
        charged: toPricedJson(priced, metering),
      })),
    },
  };
}

function toPricedJson({ price, lines, discountNano, amountNano }: CommandPriced, { formatUsd }: Metering) {
  return {
    priceId: price.id,
    validFrom: price.validFrom,
    revision: price.revision,
    lines: lines.map(({ measure, quantity, unitNano, amountNano: lineNano }) => ({
      measure,
      quantity: String(quantity),
      unit: formatUsd(unitNano),
      amount: formatUsd(lineNano),
    })),
    discount: formatUsd(discountNano),
    amount: formatUsd(amountNano),
  };
}
