/**
 * Automatic top-ups in Postgres: what was set, which charges are open, and how they ended.
 *
 * A charge that was refused and is worth another try is followed by another, after each of the waits below; then, and at once where it is not, automatic top-ups of the account are
 * paused until somebody sets them anew. Four tries in a day and a half stay far below what the card networks allow.
 */
import {
  type AutoTopUp,
  type AutoTopUpCharge,
  account,
  autoTopUp,
  autoTopUpCharge,
  type Db,
  purse,
  type SavedPaymentMethod,
  savedPaymentMethod,
} from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, asc, desc, eq, gte, inArray, isNull, lt, lte, or, sql } from "drizzle-orm";
import { z } from "zod";
import { lockPurse } from "../post-entries.ts";
import type { Refusal } from "./payment-provider.ts";

export interface AutoTopUpSetting {
  thresholdNano: bigint;
  amountNano: bigint;
  dayMaxNano: bigint;
}

const retryWaitsHours = [1, 6, 24];

export interface AutoTopUpFound {
  setting: AutoTopUp | undefined;
  method: SavedPaymentMethod | undefined;
  /** The charge that began last. */
  lastCharge: AutoTopUpCharge | undefined;
}

export interface AutoTopUpStore {
  find(accountId: string): Promise<AutoTopUpFound>;
  /** Also ends a pause, and forgets what was refused. */
  set(accountId: string, setting: AutoTopUpSetting): Promise<AutoTopUp>;
  clear(accountId: string): Promise<void>;
  /** Accounts that are below their threshold and may be charged. */
  listLow(limit: number): Promise<string[]>;
  /** Opens a charge if it is still needed and within the day's bound; undefined: it is not. */
  openCharge(accountId: string): Promise<AutoTopUpCharge | undefined>;
  /** Charges that were refused lately, the newest first, with the setting as it is now. */
  listRefused(query: {
    maxAgeMs: number;
    limit: number;
  }): Promise<{ charge: AutoTopUpCharge; setting: AutoTopUp | undefined }[]>;
  listOpen(
    limit: number,
  ): Promise<{ charge: AutoTopUpCharge; method: SavedPaymentMethod | undefined; ageMs: number }[]>;
}

const now = sql`clock_timestamp()`;
const reasonMax = 500;
const sumSchema = z.coerce.bigint();
const mayCharge = and(
  isNull(autoTopUp.pausedAt),
  or(isNull(autoTopUp.retryAt), lte(autoTopUp.retryAt, sql`clock_timestamp()`)),
);

export function createAutoTopUpStore({ db }: { db: Db }): AutoTopUpStore {
  return {
    async find(accountId) {
      const [setting] = await db.select().from(autoTopUp).where(eq(autoTopUp.accountId, accountId));
      const [method] = await db.select().from(savedPaymentMethod).where(eq(savedPaymentMethod.accountId, accountId));
      const [lastCharge] = await db
        .select()
        .from(autoTopUpCharge)
        .where(eq(autoTopUpCharge.accountId, accountId))
        .orderBy(desc(autoTopUpCharge.startedAt))
        .limit(1);
      return { setting, method, lastCharge };
    },
    async set(accountId, setting) {
      const values = { ...setting, pausedAt: null, pauseReason: null, refusals: 0, retryAt: null, updatedAt: now };
      const [row] = await db
        .insert(autoTopUp)
        .values({ ...values, accountId })
        .onConflictDoUpdate({ target: autoTopUp.accountId, set: values })
        .returning();
      if (row === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return row;
    },
    async clear(accountId) {
      await db.delete(autoTopUp).where(eq(autoTopUp.accountId, accountId));
    },
    async listLow(limit) {
      const rows = await db
        .select({ id: account.id })
        .from(autoTopUp)
        .innerJoin(account, eq(account.id, autoTopUp.accountId))
        .innerJoin(purse, eq(purse.id, autoTopUp.accountId))
        .innerJoin(savedPaymentMethod, eq(savedPaymentMethod.accountId, autoTopUp.accountId))
        .where(
          and(
            eq(account.kind, "prepaid"),
            isNull(account.disabledAt),
            mayCharge,
            lt(purse.balanceNano, autoTopUp.thresholdNano),
          ),
        )
        .orderBy(asc(account.id))
        .limit(limit);
      return rows.map(({ id }) => id);
    },
    async openCharge(accountId) {
      return db.transaction(async (tx) => {
        // Under the lock that every booking takes: what is seen here cannot be topped up meanwhile.
        await lockPurse(tx, accountId);
        const [row] = await tx
          .select({ setting: autoTopUp, balanceNano: purse.balanceNano })
          .from(autoTopUp)
          .innerJoin(purse, eq(purse.id, autoTopUp.accountId))
          .where(and(eq(autoTopUp.accountId, accountId), mayCharge));
        if (row === undefined) return undefined;
        const { setting, balanceNano } = row;
        if (balanceNano >= setting.thresholdNano) return undefined;
        const [today] = await tx
          .select({ sum: sql<string>`coalesce(sum(${autoTopUpCharge.amountNano}), 0)` })
          .from(autoTopUpCharge)
          .where(
            and(
              eq(autoTopUpCharge.accountId, accountId),
              inArray(autoTopUpCharge.state, ["pending", "succeeded"]),
              gte(autoTopUpCharge.startedAt, sql`date_trunc('day', clock_timestamp(), 'UTC')`),
            ),
          );
        if (sumSchema.parse(today?.sum) + setting.amountNano > setting.dayMaxNano) return undefined;
        const [opened] = await tx
          .insert(autoTopUpCharge)
          .values({
            id: `charge_${randomBase62(16)}`,
            accountId,
            amountNano: setting.amountNano,
            state: "pending",
            startedAt: now,
          })
          .onConflictDoNothing()
          .returning();
        return opened;
      });
    },
    async listRefused({ maxAgeMs, limit }) {
      const rows = await db
        .select({ charge: autoTopUpCharge, setting: autoTopUp })
        .from(autoTopUpCharge)
        .leftJoin(autoTopUp, eq(autoTopUp.accountId, autoTopUpCharge.accountId))
        .where(
          and(
            eq(autoTopUpCharge.state, "failed"),
            gte(autoTopUpCharge.endedAt, sql`clock_timestamp() - ${maxAgeMs} * interval '1 millisecond'`),
          ),
        )
        .orderBy(desc(autoTopUpCharge.endedAt))
        .limit(limit);
      return rows.map(({ charge, setting }) => ({ charge, setting: setting ?? undefined }));
    },
    async listOpen(limit) {
      const rows = await db
        .select({
          charge: autoTopUpCharge,
          method: savedPaymentMethod,
          ageMs: sql<string>`extract(epoch from clock_timestamp() - ${autoTopUpCharge.startedAt}) * 1000`,
        })
        .from(autoTopUpCharge)
        .leftJoin(savedPaymentMethod, eq(savedPaymentMethod.accountId, autoTopUpCharge.accountId))
        .where(eq(autoTopUpCharge.state, "pending"))
        .orderBy(asc(autoTopUpCharge.startedAt))
        .limit(limit);
      return rows.map(({ charge, method, ageMs }) => ({ charge, method: method ?? undefined, ageMs: Number(ageMs) }));
    },
  };
}

/** Ends a charge that is still open; it is tried again later, or top-ups of its account are paused. @returns false: it had ended before. */
export async function failCharge(db: Db, chargeId: string, { reason, isWorthRetrying }: Refusal): Promise<boolean> {
  return db.transaction(async (tx) => {
    const failure = reason.slice(0, reasonMax);
    const [ended] = await tx
      .update(autoTopUpCharge)
      .set({ state: "failed", endedAt: now, failure })
      .where(and(eq(autoTopUpCharge.id, chargeId), eq(autoTopUpCharge.state, "pending")))
      .returning();
    if (ended === undefined) return false;
    const [setting] = await tx.select().from(autoTopUp).where(eq(autoTopUp.accountId, ended.accountId)).for("update");
    // Paused, or switched off, while the charge was under way: so it stays.
    if (setting === undefined || setting.pausedAt !== null) return true;
    const waitHours = isWorthRetrying ? retryWaitsHours[setting.refusals] : undefined;
    const next =
      waitHours === undefined
        ? { pausedAt: now, pauseReason: failure, retryAt: null }
        : { retryAt: sql`clock_timestamp() + ${waitHours} * interval '1 hour'` };
    await tx
      .update(autoTopUp)
      .set({ ...next, refusals: setting.refusals + 1 })
      .where(eq(autoTopUp.accountId, ended.accountId));
    return true;
  });
}
