/** All that is known of one request: its usage, its life, its attempts, why it ended, and how its cost came about. */
import { account, apiKey, type Db, ledgerTransaction, price, usageCorrection } from "@tera/database";
import { asc, eq, inArray } from "drizzle-orm";
import { createUsageReports, type ReportedUsage } from "../usage-report.ts";
import { type CostCorrection, explainCost, priceUsage, type RequestCost } from "./request-cost.ts";
import { explainEnd } from "./request-reason.ts";
import { type RequestAttempt, type RequestMoment, requestAttempts, requestTimeline } from "./request-timeline.ts";

export interface RequestDescription {
  usage: ReportedUsage;
  /** Null: the account, or the key, is gone. */
  accountName: string | null;
  keyName: string | null;
  timeline: RequestMoment[];
  attempts: RequestAttempt[];
  /** Why it ended as it did, in plain words. */
  why: string;
  cost: RequestCost;
}

/** Undefined: no usage of it is kept. Whose it is must be looked at by whoever shows it: it is found by its id alone. */
export async function describeRequest(db: Db, requestId: string): Promise<RequestDescription | undefined> {
  const usage = await createUsageReports({ db }).findRequest(requestId);
  if (usage === undefined) return undefined;
  const [owner] = await db.select({ name: account.name }).from(account).where(eq(account.id, usage.accountId));
  const [key] = await db.select({ name: apiKey.name }).from(apiKey).where(eq(apiKey.id, usage.keyId));
  return {
    usage,
    accountName: owner?.name ?? null,
    keyName: key?.name ?? null,
    timeline: requestTimeline(usage),
    attempts: requestAttempts(usage),
    why: explainEnd(usage),
    cost: await readCost(db, usage),
  };
}

async function readCost(db: Db, usage: ReportedUsage): Promise<RequestCost> {
  const corrected = await db
    .select({
      correction: usageCorrection,
      at: ledgerTransaction.createdAt,
      author: ledgerTransaction.author,
      reason: ledgerTransaction.reason,
    })
    .from(usageCorrection)
    .innerJoin(ledgerTransaction, eq(ledgerTransaction.id, usageCorrection.ledgerTransactionId))
    .where(eq(usageCorrection.requestId, usage.requestId))
    .orderBy(asc(usageCorrection.ledgerTransactionId));
  const named = [usage.priceId, ...corrected.map(({ correction }) => correction.priceId)].filter((id) => id !== null);
  const prices = new Map((await db.select().from(price).where(inArray(price.id, named))).map((row) => [row.id, row]));
  const corrections = corrected.flatMap(({ correction, at, author, reason }): CostCorrection[] => {
    const { priceId, amountNano, ledgerTransactionId } = correction;
    const by = prices.get(priceId);
    // Prices are never deleted: the ledger's check tells of one that is gone.
    if (by === undefined) return [];
    return [{ at, author, reason, ledgerTransactionId, amountNano, priced: priceUsage(usage, by) }];
  });
  return explainCost(usage, usage.priceId === null ? undefined : prices.get(usage.priceId), corrections);
}
