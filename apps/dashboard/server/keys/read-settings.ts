/** Settings of a key out of a request: amounts, blocks of addresses and moments as they are stored, and who may choose what. */
import { parseAddressBlock, type KeyChange as StoredChange, type KeySettings as StoredSettings } from "@tera/access";
import type { KeyChange } from "@tera/admin-api/keys";
import { parseUsd } from "@tera/metering";
import type { Actor } from "../access/actor.ts";
import { AdminError } from "../errors.ts";

/**
 * @param before the key as it is; undefined: it is a new one
 * @throws {AdminError} naming the field that is wrong, or that the actor may not choose
 */
export function readSettings(actor: Actor, change: KeyChange, before: StoredSettings | undefined): StoredChange {
  const priorityClass = before?.laneClass ?? "normal";
  if (actor.accounts !== null && (change.priorityClass ?? priorityClass) !== priorityClass) {
    const message = "is the operator's to choose: whose requests go first concerns everybody's";
    throw new AdminError("forbidden", `priorityClass: ${message}`, { fields: [{ path: "priorityClass", message }] });
  }
  return {
    name: change.name,
    expiresAt: readExpiry(change.expiresAt, before?.expiresAt),
    modelScope: unique(change.modelScope),
    budgetDayNano: readBudget("budgetDay", change.budgetDay),
    budgetMonthNano: readBudget("budgetMonth", change.budgetMonth),
    budgetTotalNano: readBudget("budgetTotal", change.budgetTotal),
    requestsPerMinuteMax: change.requestsPerMinuteMax,
    tokensPerMinuteMax: change.tokensPerMinuteMax,
    concurrencyMax: change.concurrencyMax,
    allowedAddresses: unique(change.allowedAddresses?.map(readAddressBlock) ?? change.allowedAddresses),
    laneClass: change.priorityClass,
    contentLogging: change.contentLogging,
  };
}

/** @param before an end that stays as it is may lie behind us */
export function readExpiry(text: string | null | undefined, before: Date | null | undefined): Date | null | undefined {
  if (text === undefined || text === null) return text;
  const end = new Date(text);
  if (end > new Date() || end.getTime() === before?.getTime()) return end;
  throw refuseField("expiresAt", "must lie ahead");
}

function readBudget(field: string, amount: string | null | undefined): bigint | null | undefined {
  if (amount === undefined || amount === null) return amount;
  const nano = parseUsd(amount);
  if (nano === undefined) throw refuseField(field, "must be an amount in USD");
  return nano;
}

function readAddressBlock(text: string, index: number): string {
  const parsed = parseAddressBlock(text);
  if ("problem" in parsed) throw refuseField(`allowedAddresses.${index}`, parsed.problem);
  return parsed.block;
}

function unique<Value>(values: Value[] | null | undefined): Value[] | null | undefined {
  return values === undefined || values === null ? values : [...new Set(values)];
}

function refuseField(path: string, message: string): AdminError {
  return new AdminError("invalid_request", `${path}: ${message}`, { fields: [{ path, message }] });
}
