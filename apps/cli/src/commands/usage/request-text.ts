/** Requests as people read them. */
import type { RequestAttempt, RequestStep } from "@tera/metering";
import type { CommandDescription, CommandPriced, CommandRequest } from "../../stack/command-usage.ts";
import { renderFields } from "../../terminal/fields.ts";
import { oneLine, renderTable } from "../../terminal/table.ts";
import { dollars } from "../credit/money-text.ts";
import { formatMoment } from "../moment.ts";
import type { Metering } from "./request-json.ts";

export function describeInput({ promptTokens, cachedTokens, speechCharacters }: CommandRequest): string {
  return speechCharacters > 0 ? `${speechCharacters} characters` : ofWhich(promptTokens, cachedTokens, "cached");
}

export function describeOutput({ completionTokens, reasoningTokens, usageSource }: CommandRequest): string {
  const tokens = ofWhich(completionTokens, reasoningTokens, "reasoning");
  return usageSource === "counted" ? `${tokens}, counted` : tokens;
}

function ofWhich(count: number, part: number, what: string): string {
  return part === 0 ? String(count) : `${count} (${part} ${what})`;
}

/** `succeeded`; `failed: runner_failed; 1: worker_lost on w1/r1`. */
export function describeStatus({ status, errorCode, failedAttempts }: CommandRequest): string {
  const attempts = failedAttempts.map(({ attempt, code, ...where }) => `${attempt}: ${code}${onRunner(where)}`);
  return [errorCode === null ? status : `${status}: ${errorCode}`, ...attempts].join("; ");
}

function onRunner({ workerId, runnerId }: Pick<RequestAttempt, "workerId" | "runnerId">): string {
  const where = [workerId, runnerId].filter((part) => part !== undefined).join("/");
  return where === "" ? "" : ` on ${where}`;
}

const stepWords: Readonly<Record<RequestStep, string>> = {
  admitted: "admitted",
  queued: "waited in the queue",
  accepted: "accepted by the runner",
  first_token: "first token",
  ended: "ended",
  settled: "settled",
};

export function renderDescription(description: CommandDescription, columns: number, metering: Metering): string {
  const { usage, accountName, keyName, why, cost } = description;
  const named = (id: string, name: string | null) => (name === null ? id : `${id} (${oneLine(name)})`);
  const fields = renderFields(
    [
      ["Request", usage.requestId],
      ["Account", named(usage.accountId, accountName)],
      ["Key", named(usage.keyId, keyName)],
      ["Model", usage.model],
      ["Asked for", [usage.endpoint, usage.stream ? "streamed" : "whole", usage.lane].join(", ")],
      ["Status", usage.errorCode === null ? usage.status : `${usage.status}: ${usage.errorCode}`],
      ["Why", why],
      ["Input", describeInput(usage)],
      ["Output", describeOutput(usage)],
      ["Counted by", usage.usageSource === "engine" ? "the engine" : "Tera, from the pieces of the answer"],
      ["Gateway", usage.gatewayId],
      ["Cost", dollars(metering.formatUsd(cost.costNano))],
    ],
    columns,
  );
  return [
    fields,
    renderTimeline(description, columns, metering),
    renderAttempts(description, columns, metering),
    renderCost(description, columns, metering),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function renderTimeline({ timeline }: CommandDescription, columns: number, { formatMs }: Metering): string {
  return renderTable(
    [
      { header: "STEP", value: ({ step }) => stepWords[step] },
      { header: "AT (UTC)", value: ({ at }) => at.toISOString().slice(0, -1).replace("T", " ") },
      { header: "AFTER", value: ({ afterMs }) => formatMs(afterMs) },
      { header: "LASTED", value: ({ lastsMs }) => (lastsMs === undefined ? "" : formatMs(lastsMs)) },
    ],
    timeline,
    columns,
  );
}

function renderAttempts({ attempts }: CommandDescription, columns: number, { explainErrorCode }: Metering): string {
  if (attempts.length === 0) return "";
  const table = renderTable<RequestAttempt>(
    [
      { header: "ATTEMPT", value: ({ attempt }) => String(attempt) },
      { header: "WORKER", value: ({ workerId }) => workerId ?? "" },
      { header: "RUNNER", value: ({ runnerId }) => runnerId ?? "" },
      { header: "OUTCOME", value: ({ outcome, code }) => (code === undefined ? outcome : `${outcome}: ${code}`) },
    ],
    attempts,
    columns,
  );
  const reasons = attempts.flatMap(({ attempt, code }) =>
    code === undefined ? [] : [`Attempt ${attempt}: ${explainErrorCode(code)}`],
  );
  return [table, ...reasons].join("\n");
}

const measureWords = {
  input: "input tokens",
  cached_input: "cached input tokens",
  output: "output tokens",
  request: "request",
  character: "characters of speech",
} as const;

function renderCost({ cost }: CommandDescription, columns: number, metering: Metering): string {
  const { formatUsd } = metering;
  const parts = [
    ...(cost.nothingBecause === undefined ? [] : [`Nothing was charged. ${cost.nothingBecause}`]),
    ...(cost.charged === undefined ? [] : [renderPriced(cost.charged, columns, metering)]),
    ...cost.corrections.flatMap(({ at, author, reason, amountNano, priced }) => [
      `Corrected by ${formatUsd(amountNano)} USD, ${formatMoment(at)}, by ${oneLine(author)}: ${oneLine(reason)}`,
      renderPriced(priced, columns, metering),
    ]),
  ];
  if (cost.charged !== undefined && cost.charged.amountNano !== cost.chargeNano) {
    parts.push(`It was charged ${formatUsd(cost.chargeNano)} USD, which is not this: see \`tera doctor --ledger\`.`);
  }
  return parts.join("\n\n");
}

function renderPriced(
  { price, lines, discountNano, amountNano }: CommandPriced,
  columns: number,
  metering: Metering,
): string {
  const { formatUsd } = metering;
  const rows = [
    ...lines.map(({ measure, quantity, unitNano, amountNano: lineNano }) => ({
      what: measureWords[measure],
      quantity: String(quantity),
      unit: formatUsd(unitNano),
      amount: formatUsd(lineNano),
    })),
    ...(discountNano === 0n
      ? []
      : [{ what: "batch discount", quantity: "", unit: "", amount: formatUsd(discountNano) }]),
    { what: "charge", quantity: "", unit: "", amount: formatUsd(amountNano) },
  ];
  const table = renderTable(
    [
      { header: "COST", value: ({ what }) => what },
      { header: "QUANTITY", value: ({ quantity }) => quantity },
      { header: "USD FOR ONE", value: ({ unit }) => unit },
      { header: "USD", value: ({ amount }) => amount },
    ],
    rows,
    columns,
  );
  const version = price.revision === 1 ? "" : `, revision ${price.revision}`;
  return `${table}\nby ${price.id}, in force from ${formatMoment(price.validFrom)}${version}`;
}
