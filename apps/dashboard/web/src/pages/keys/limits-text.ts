/** What a key may, in few words: only what is limited is named. */
import type { Key } from "@tera/admin-api/keys";
import { formatShort } from "../../format/quantity.ts";

type Limited = Pick<
  Key,
  | "requestsPerMinuteMax"
  | "tokensPerMinuteMax"
  | "concurrencyMax"
  | "modelScope"
  | "allowedAddresses"
  | "priorityClass"
  | "contentLogging"
>;

export function limitsInWords(key: Limited): string[] {
  const { requestsPerMinuteMax, tokensPerMinuteMax, concurrencyMax, modelScope, allowedAddresses } = key;
  const counted = (count: number, one: string, several: string) => `${count} ${count === 1 ? one : several}`;
  return [
    ...(requestsPerMinuteMax === null ? [] : [`${formatShort(requestsPerMinuteMax)} req/min`]),
    ...(tokensPerMinuteMax === null ? [] : [`${formatShort(tokensPerMinuteMax)} tok/min`]),
    ...(concurrencyMax === null ? [] : [`${formatShort(concurrencyMax)} at once`]),
    ...(modelScope === null ? [] : [counted(modelScope.length, "model", "models")]),
    ...(allowedAddresses === null ? [] : [counted(allowedAddresses.length, "address", "addresses")]),
    ...(key.priorityClass === "normal" ? [] : [`${key.priorityClass} priority`]),
    ...(key.contentLogging ? ["keeps content"] : []),
  ];
}
