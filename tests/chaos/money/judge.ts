/**
 * Compares what is on record with the truth: what the fake runners say that they produced, times the prices, multiplied here and not by the code under test.
 */
import { ledgerEntry, ledgerTransaction, type UsageEvent, usageEvent } from "@tera/database";
import type { LoggedRequest } from "@tera/testkit";
import { and, eq, inArray, sql } from "drizzle-orm";
import { type MoneyAnswer, type MoneyQuestion, speechCharactersOf } from "./money-ask.ts";
import type { MoneyCount } from "./money-row.ts";
import { type MoneyStack, rates } from "./money-stack.ts";

/** A request, and how its record is found. */
export interface Asked {
  question: MoneyQuestion;
  answer: MoneyAnswer;
  accountId: string;
  keyId: string;
  /** The key has no other request: found also where no id reached the client. */
  isOnlyOfKey: boolean;
}

export interface JudgeOptions {
  money: Pick<MoneyStack, "stack">;
  asked: readonly Asked[];
  /** Of the runners, from when the requests were asked. */
  reports: readonly LoggedRequest[];
  /** The engine was frozen when an answer was cut: what was generated is known to the token. */
  isExact: boolean;
}

const settledWithinMs = 30_000;
const lookEveryMs = 100;
const idsPerQuery = 5_000;

/** Adds what it finds to `count`. Waits until everything that was served is on record, 30 s at the most. */
export async function judge(count: MoneyCount, { money, asked, reports, isExact }: JudgeOptions): Promise<void> {
  const entries = Map.groupBy(reports, markOf);
  const entriesOf = ({ question }: Asked) => entries.get(question.mark) ?? [];
  const isDue = (one: Asked) =>
    one.answer.end === "whole" || entriesOf(one).some(({ generatedTokens }) => generatedTokens > 0);
  const events = await readEvents(money, asked, asked.filter(isDue));
  count.started += asked.length;
  for (const one of asked) {
    const found = eventsOf(one, events);
    const [event] = found;
    if (found.length > 1) {
      count.duplicate += found.length - 1;
      count.problems.push(`${describe(one)} has ${found.length} records`);
    }
    if (event === undefined) {
      if (!isDue(one)) continue;
      count.lost++;
      count.problems.push(`${describe(one)} is not on record; ${entriesOf(one).map(tell).join(", ")}`);
      continue;
    }
    if (event.chargeNano > 0n) count.charged++;
    const [wrongNano, why] = findWrong(one, event, entriesOf(one), isExact);
    count.mischargedNano += wrongNano;
    if (why !== undefined) {
      count.problems.push(
        `${describe(one)}: ${why}; record ${event.status} ${event.promptTokens}+${event.completionTokens}, ${event.chargeNano} nano-USD; ${entriesOf(one).map(tell).join(", ")}`,
      );
    }
  }
}

/** What accounts were charged beyond what was paid in, and what was written off for them. */
export async function addOverspend(
  count: MoneyCount,
  { stack }: Pick<MoneyStack, "stack">,
  accountIds: readonly string[],
): Promise<void> {
  const rows = await stack.database.db
    .select({
      accountId: ledgerTransaction.accountId,
      book: ledgerEntry.book,
      sum: sql<string>`sum(${ledgerEntry.amountNano})::text`,
    })
    .from(ledgerEntry)
    .innerJoin(ledgerTransaction, eq(ledgerTransaction.id, ledgerEntry.transactionId))
    .where(
      and(inArray(ledgerTransaction.accountId, [...accountIds]), inArray(ledgerEntry.book, ["credit", "write_off"])),
    )
    .groupBy(ledgerTransaction.accountId, ledgerEntry.book);
  for (const { accountId, book, sum } of rows) {
    if (BigInt(sum) >= 0n) continue;
    count.overspendNano -= BigInt(sum);
    count.problems.push(`account ${accountId}: ${book} ${sum}`);
  }
}

export function costOf(
  { model }: Pick<MoneyQuestion, "model">,
  tokens: { prompt: number; completion: number; characters: number },
): bigint {
  const rate = rates[model];
  if (rate === undefined) throw new Error(`${model} has no price`);
  return (
    BigInt(tokens.prompt) * rate.inputNano +
    BigInt(tokens.completion) * rate.outputNano +
    BigInt(tokens.characters) * rate.characterNano +
    rate.requestNano
  );
}

/** @returns by how much the charge is wrong, and what else is. */
function findWrong(
  { question, answer }: Asked,
  event: UsageEvent,
  entries: readonly LoggedRequest[],
  isExact: boolean,
): [bigint, string | undefined] {
  const { chargeNano: charge, status } = event;
  const characters = speechCharactersOf(question);
  const costFor = ({ promptTokens, generatedTokens }: LoggedRequest) =>
    characters > 0
      ? costOf(question, { prompt: 0, completion: 0, characters })
      : costOf(question, { prompt: promptTokens, completion: generatedTokens, characters: 0 });
  // An engine that froze had computed one more token, which it told nobody; one that was stopped at work may have.
  const oneLess = (entry: LoggedRequest) => ({ ...entry, generatedTokens: Math.max(0, entry.generatedTokens - 1) });
  function told(entry: LoggedRequest): LoggedRequest[] {
    if (entry.fault === "hang-mid-stream") return [oneLess(entry)];
    return entry.state === "aborted" ? [entry, oneLess(entry)] : [entry];
  }
  if (answer.end === "whole") {
    const finished = entries.find(({ state }) => state === "finished");
    if (finished === undefined) return [0n, "a whole answer, and no runner finished one"];
    const off = distance(charge, costFor(finished));
    return [off, off > 0n || status !== "succeeded" ? "a whole answer" : undefined];
  }
  // Nothing that failed through our fault costs anything.
  if (status === "failed") return [charge, charge > 0n ? "it failed" : undefined];
  const heard = entries.flatMap(told);
  const candidates = heard.filter(({ generatedTokens }) => generatedTokens > 0).map(costFor);
  // Of an attempt that had told nothing when it ended, its prompt may be charged, or nothing.
  if (heard.some(({ generatedTokens }) => generatedTokens === 0)) candidates.push(0n, ...heard.map(costFor));
  const off = candidates.map((cost) => distance(charge, cost)).reduce((least, one) => (one < least ? one : least));
  if (off === 0n) return [0n, undefined];
  const most = Math.max(0, ...entries.map(({ generatedTokens }) => generatedTokens));
  const own = costOf(question, {
    prompt: event.promptTokens,
    completion: event.completionTokens,
    characters: event.speechCharacters,
  });
  const isWithin = event.completionTokens >= answer.received - 1 && event.completionTokens <= most && own === charge;
  return !isExact && isWithin ? [0n, undefined] : [off, "cut"];
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}

interface Found {
  byId: Map<string, UsageEvent[]>;
  byKey: Map<string, UsageEvent[]>;
}

function eventsOf({ answer, keyId, isOnlyOfKey }: Asked, { byId, byKey }: Found): UsageEvent[] {
  return (isOnlyOfKey ? byKey.get(keyId) : byId.get(answer.requestId ?? "")) ?? [];
}

async function readEvents(
  { stack }: Pick<MoneyStack, "stack">,
  asked: readonly Asked[],
  due: readonly Asked[],
): Promise<Found> {
  const { db } = stack.database;
  const keyIds = [...new Set(asked.map(({ keyId }) => keyId))];
  const deadlineMs = performance.now() + settledWithinMs;
  for (;;) {
    const rows: UsageEvent[] = [];
    for (let at = 0; at < keyIds.length; at += idsPerQuery) {
      rows.push(
        ...(await db
          .select()
          .from(usageEvent)
          .where(inArray(usageEvent.keyId, keyIds.slice(at, at + idsPerQuery)))),
      );
    }
    const found = {
      byId: Map.groupBy(rows, ({ requestId }) => requestId),
      byKey: Map.groupBy(rows, ({ keyId }) => keyId),
    };
    if (due.every((one) => eventsOf(one, found).length > 0) || performance.now() > deadlineMs) return found;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

function markOf({ body }: LoggedRequest): string {
  return /mark-\d+z/.exec(JSON.stringify(body))?.[0] ?? "";
}

function describe({ question, answer, keyId }: Asked): string {
  return `${question.mark} (${question.endpoint}${question.stream ? ", stream" : ""}, ${answer.requestId ?? keyId}: ${answer.end} ${answer.code ?? ""} after ${answer.received})`;
}

function tell({ number, state, promptTokens, generatedTokens, fault }: LoggedRequest): string {
  return `runner ${number} ${state} ${promptTokens}+${generatedTokens}${fault === null ? "" : ` ${fault}`}`;
}
