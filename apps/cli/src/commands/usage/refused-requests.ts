/** `tera usage requests --status refused`, and a refused one by its id: who was refused, why, and how many more. */
import type { RefusedRequest } from "@tera/database";
import type { RefusalSum } from "@tera/metering";
import { renderFields } from "../../terminal/fields.ts";
import { oneLine, renderTable } from "../../terminal/table.ts";
import { formatMoment } from "../moment.ts";
import type { Metering } from "./request-json.ts";

export function renderRefused(refused: readonly RefusedRequest[], columns: number): string {
  return renderTable<RefusedRequest>(
    [
      { header: "REFUSED (UTC)", value: ({ refusedAt }) => refusedAt.toISOString().slice(0, 19).replace("T", " ") },
      { header: "REQUEST", value: ({ requestId }) => requestId },
      { header: "KEY", value: ({ keyId }) => keyId },
      { header: "MODEL", value: ({ model }) => model ?? "", widthMin: 12 },
      { header: "CODE", value: ({ code }) => code },
      { header: "TOLD", value: ({ message }) => message, widthMin: 20 },
    ],
    refused,
    columns,
  );
}

/** Undefined: there was none. */
export function describeSums(sums: readonly RefusalSum[]): string | undefined {
  if (sums.length === 0) return undefined;
  const total = sums.reduce((sum, { requests }) => sum + requests, 0);
  const parts = sums.map(({ code, requests }) => `${requests.toLocaleString("en")} ${oneLine(code)}`);
  return `Refused in all, in the last seven days at most: ${total.toLocaleString("en")} (${parts.join(", ")}). The first few of each key, code and minute are listed.`;
}

export function describeRefused(refused: RefusedRequest, columns: number, { explainErrorCode }: Metering): string {
  const { requestId, accountId, keyId, model, code, message, refusedAt, expiresAt } = refused;
  return renderFields(
    [
      ["Request", requestId],
      ["Account", accountId],
      ["Key", keyId],
      ...(model === null ? [] : [["Model", oneLine(model)] as const]),
      ["Status", `refused: ${oneLine(code)}`],
      ["Why", explainErrorCode(code)],
      ["Told", oneLine(message)],
      ["Refused", formatMoment(refusedAt)],
      ["Kept until", formatMoment(expiresAt)],
      ["Cost", "nothing"],
    ],
    columns,
  );
}
