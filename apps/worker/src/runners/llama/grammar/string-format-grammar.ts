/**
 * Grammars of JSON Schema's `format`: each yields valid values only, if not all of them (no leap days, no quoted mail addresses).
 *
 * Sources: RFC 3339 (date, time), RFC 5321 (email), RFC 1123 (hostname), RFC 4122 (uuid).
 */

const day28 = '("0" [1-9] | "1" [0-9] | "2" [0-8])';
const day30 = '("0" [1-9] | [12] [0-9] | "30")';
const day31 = '("0" [1-9] | [12] [0-9] | "3" [01])';
const date = `[0-9]{4} "-" (("0" [13578] | "1" [02]) "-" ${day31} | ("0" [469] | "11") "-" ${day30} | "02-" ${day28})`;
const hour = '([01] [0-9] | "2" [0-3])';
const minute = "[0-5] [0-9]";
const time = `${hour} ":" ${minute} ":" ${minute} ("." [0-9]{1,9})? ("Z" | [+-] ${hour} ":" ${minute})`;
const label = "[a-zA-Z0-9] ([a-zA-Z0-9-]{0,30} [a-zA-Z0-9])?";
const hostname = `${label} ("." ${label}){0,5}`;
const octet = '("25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9])';
const hex = "[0-9a-f]";

/** Bodies of what stands between the quotes. */
export const stringFormats: ReadonlyMap<string, string> = new Map([
  ["date", date],
  ["time", time],
  ["date-time", `${date} "T" ${time}`],
  ["hostname", hostname],
  ["email", `[a-zA-Z0-9] ([a-zA-Z0-9_+-]{0,30} [a-zA-Z0-9])? "@" ${label} ("." ${label}){0,3} "." [a-zA-Z]{2,10}`],
  ["ipv4", `${octet} ("." ${octet}){3}`],
  ["uuid", `${hex}{8} "-" ${hex}{4} "-" [1-5] ${hex}{3} "-" [89ab] ${hex}{3} "-" ${hex}{12}`],
]);
