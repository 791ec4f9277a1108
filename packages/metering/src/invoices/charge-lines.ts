/**
 * What an account was charged in a range of its ledger, while it was of one kind, as lines that sum to exactly what was booked: usage by model, key and price, and corrections by hand.
 *
 * The ledger says how much, the usage events say for what. Should the two disagree, there are no lines but an error: a bill that cannot be explained is not sent.
 */
import {
  type AccountKind,
  apiKey,
  type Db,
  type InvoiceLineKind,
  price,
  type UsageMeasure,
  usageMonthDropped,
} from "@tera/database";
import type { BillingLane } from "@tera/protocol";
import { and, asc, gte, inArray, lte, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { costLines } from "../cost-lines.ts";

import { monthOf } from "./month.ts";
import { type Stretch, whileKind } from "./stretches.ts";

export interface UsageLine {
  kind: "usage";
  model: string;
  keyId: string;
  /** Null: the key is gone. */
  keyName: string | null;
  priceId: string;
  lane: BillingLane;
  measure: UsageMeasure;
  quantity: bigint;
  /** Nano-USD for one. */
  unitNano: bigint;
  amountNano: bigint;
}

/** What is no usage: discounts of the batch lane (named after their model and key), write-offs, corrections and adjustments. */
export interface OtherLine {
  kind: Exclude<InvoiceLineKind, "usage">;
  model?: string;
  keyId?: string;
  keyName?: string | null;
  priceId?: string;
  lane?: BillingLane;
  description: string;
  amountNano: bigint;
}

export type ChargeLine = UsageLine | OtherLine;

export interface LedgerRange {
  accountId: string;
  /** Inclusive. */
  fromSeq: bigint;
  throughSeq: bigint;
  /** Only what was booked while the account was of this kind. */
  kind: AccountKind;
  stretches: readonly Stretch[];
  /** When about its requests were admitted. Only makes the search short: should something be missing, it is made again without. */
  admittedFrom: Date;
  admittedBefore: Date;
}

/** Ledger and usage events disagree: `tera doctor --ledger` tells more. */
export class ChargesDisagreeError extends Error {
  override readonly name: string = "ChargesDisagreeError";
}

/** They disagree because retention has dropped usage events of the range: what was charged is known, and no longer for what. */
export class UsageDroppedError extends ChargesDisagreeError {
  override readonly name = "UsageDroppedError";
}

/** @throws {ChargesDisagreeError} */
export async function readChargeLines(db: Pick<Db, "execute" | "select">, range: LedgerRange): Promise<ChargeLine[]> {
  const booked = await readBooked(db, range);
  const others = booked.others.filter(({ amountNano }) => amountNano !== 0n);
  if (booked.writtenOffNano !== 0n) {
    others.push({ kind: "write_off", description: "Served and not charged", amountNano: -booked.writtenOffNano });
  }
  if (booked.revenueNano === 0n) return others;
  let usage = await readUsage(db, range, true);
  if (sumOf(usage) !== booked.revenueNano) usage = await readUsage(db, range, false);
  if (sumOf(usage) !== booked.revenueNano) {
    const dropped = await readDropped(db, range);
    if (dropped !== undefined)
      throw new UsageDroppedError(
        `${dropped} What ${range.accountId} was charged is still in its ledger and in the sums of usage.`,
      );
    throw new ChargesDisagreeError(
      `The ledger of ${range.accountId} has ${booked.revenueNano} nano-USD of usage from ${range.fromSeq} to ${range.throughSeq}, its usage events ${sumOf(usage)}.`,
    );
  }
  return [...usage, ...others];
}

/** @returns a sentence for each month of the range that retention has dropped; undefined: none. */
async function readDropped(db: Pick<Db, "select">, range: LedgerRange): Promise<string | undefined> {
  const months = await db
    .select()
    .from(usageMonthDropped)
    .where(
      and(
        gte(usageMonthDropped.month, monthOf(range.admittedFrom)),
        lte(usageMonthDropped.month, monthOf(range.admittedBefore)),
      ),
    )
    .orderBy(asc(usageMonthDropped.month));
  if (months.length === 0) return undefined;
  return months
    .map(({ month, droppedAt, author }) => {
      const day = droppedAt.toISOString().slice(0, 10);
      return `The requests of ${month} are gone: they were past their retention, and dropped on ${day} by ${author}.`;
    })
    .join(" ");
}

export function sumOf(lines: readonly { amountNano: bigint }[]): bigint {
  return lines.reduce((sum, { amountNano }) => sum + amountNano, 0n);
}

interface Booked {
  /** Usage, before write-offs. */
  revenueNano: bigint;
  writtenOffNano: bigint;
  others: OtherLine[];
}

const bookedSchema = z.object({
  revenue: z.coerce.bigint(),
  written_off: z.coerce.bigint(),
});
const otherSchema = z.object({
  kind: z.enum(["correction", "adjustment"]),
  reason: z.string(),
  amount: z.coerce.bigint(),
});

/** Of `ledger_transaction t`. */
function inRange({ accountId, fromSeq, throughSeq, stretches, kind }: LedgerRange): SQL {
  return sql`t.account_id = ${accountId} and t.seq between ${fromSeq} and ${throughSeq} and ${whileKind(stretches, kind)}`;
}

async function readBooked(db: Pick<Db, "execute">, range: LedgerRange): Promise<Booked> {
  const within = inRange(range);
  const sums = await db.execute(sql`
    select coalesce(sum(e.amount_nano) filter (where e.book = 'revenue'), 0) as revenue,
      coalesce(-sum(e.amount_nano) filter (where e.book = 'write_off'), 0) as written_off
    from ledger_transaction t join ledger_entry e on e.transaction_id = t.id where ${within} and t.kind = 'usage'`);
  const others = await db.execute(sql`
    select t.kind, t.reason, -sum(e.amount_nano) as amount
    from ledger_transaction t join ledger_entry e on e.transaction_id = t.id and e.book = 'credit'
    where ${within} and t.kind in ('correction', 'adjustment') group by t.id order by t.seq`);
  const { revenue, written_off } = bookedSchema.parse(sums.rows[0]);
  return {
    revenueNano: revenue,
    writtenOffNano: written_off,
    others: others.rows.map((row) => {
      const { kind, reason, amount } = otherSchema.parse(row);
      return { kind, description: reason, amountNano: amount };
    }),
  };
}

const usageSchema = z.object({
  key_id: z.string(),
  model: z.string(),
  price_id: z.string(),
  lane: z.enum(["interactive", "batch"]),
  request: z.coerce.bigint(),
  input: z.coerce.bigint(),
  cached_input: z.coerce.bigint(),
  output: z.coerce.bigint(),
  character: z.coerce.bigint(),
  charge: z.coerce.bigint(),
});

async function readUsage(
  db: Pick<Db, "execute" | "select">,
  range: LedgerRange,
  bounded: boolean,
): Promise<ChargeLine[]> {
  const admitted = bounded
    ? sql`and admitted_at >= ${range.admittedFrom.toISOString()} and admitted_at < ${range.admittedBefore.toISOString()}`
    : sql``;
  // By each posting and not between the first id and the last: a batch draws its ids before it waits for its purses.
  const { rows } = await db.execute(sql`
    select key_id, model, price_id, lane, count(*) as request, sum(prompt_tokens - cached_tokens) as input,
      sum(cached_tokens) as cached_input, sum(completion_tokens) as output, sum(speech_characters) as character, sum(charge_nano) as charge
    from usage_event
    where account_id = ${range.accountId} and charge_nano > 0 ${admitted}
      and ledger_transaction_id in (select t.id from ledger_transaction t where ${inRange(range)})
    group by model, key_id, price_id, lane order by model, key_id, price_id, lane desc`);
  const groups = rows.map((row) => usageSchema.parse(row));
  if (groups.length === 0) return [];
  const prices = await db
    .select()
    .from(price)
    .where(inArray(price.id, [...new Set(groups.map(({ price_id }) => price_id))]));
  const rates = new Map(prices.map((row) => [row.id, row]));
  const keys = await db
    .select({ id: apiKey.id, name: apiKey.name })
    .from(apiKey)
    .where(inArray(apiKey.id, [...new Set(groups.map(({ key_id }) => key_id))]));
  const keyNames = new Map(keys.map(({ id, name }) => [id, name]));
  return groups.flatMap((group) => {
    const rate = rates.get(group.price_id);
    if (rate === undefined)
      throw new ChargesDisagreeError(`Usage was charged by the price ${group.price_id}, which is gone.`);
    const common = {
      model: group.model,
      keyId: group.key_id,
      keyName: keyNames.get(group.key_id) ?? null,
      priceId: group.price_id,
      lane: group.lane,
    };
    const lines: ChargeLine[] = costLines(group, rate).map((line) => ({ ...common, kind: "usage", ...line }));
    // Rounded down for each request, so no single product: the difference says it exactly.
    const discountNano = group.charge - sumOf(lines);
    if (discountNano !== 0n && group.lane === "interactive") {
      throw new ChargesDisagreeError(`Charges of ${group.model} by ${group.price_id} are not what the price says.`);
    }
    if (discountNano !== 0n)
      lines.push({ ...common, kind: "discount", description: "Batch discount", amountNano: discountNano });
    return lines;
  });
}
