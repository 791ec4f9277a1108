/** Automatic top-ups in Postgres: what was set, which charges are open, and how they ended. */
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
import { and, asc, eq, gte, inArray, isNull, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { lockPurse } from "../post-entries.ts";

export interface AutoTopUpSetting {
  thresholdNano: bigint;
  amountNano: bigint;
  dayMaxNano: bigint;
}

export interface AutoTopUpStore {
  find(accountId: string): Promise<{ setting: AutoTopUp | undefined; method: SavedPaymentMethod | undefined }>;
  /** Also ends a pause. */
  set(accountId: string, setting: AutoTopUpSetting): Promise<AutoTopUp>;
  clear(accountId: string): Promise<void>;
  /** Accounts that are below their threshold and may be charged. */
  listLow(limit: number): Promise<string[]>;
  /** Opens a charge if it is still needed and within the day's bound; undefined: it is not. */
  openCharge(accountId: string): Promise<AutoTopUpCharge | undefined>;
  listOpen(
    limit: number,
  ): Promise<{ charge: AutoTopUpCharge; method: SavedPaymentMethod | undefined; ageMs: number }[]>;
}

const now = sql`clock_timestamp()`;
const sumSchema = z.coerce.bigint();

export function createAutoTopUpStore({ db }: { db: Db }): AutoTopUpStore {
  return {
    async find(accountId) {
      const [setting] = await db.select().from(autoTopUp).where(eq(autoTopUp.accountId, accountId));
      const [method] = await db.select().from(savedPaymentMethod).where(eq(savedPaymentMethod.accountId, accountId));
      return { setting, method };
    },
    async set(accountId, setting) {
      const values = { ...setting, pausedAt: null, pauseReason: null, updatedAt: now };
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
            isNull(autoTopUp.pausedAt),
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
          .where(eq(autoTopUp.accountId, accountId));
        if (row === undefined || row.setting.pausedAt !== null) return undefined;
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

/** Ends a charge that is still open, and pauses what it belongs to: somebody must look before a method that was refused is charged again. @returns false: it had ended before. */
export async function failCharge(db: Db, chargeId: string, failure: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [ended] = await tx
      .update(autoTopUpCharge)
      .set({ state: "failed", endedAt: now, failure: failure.slice(0, 500) })
      .where(and(eq(autoTopUpCharge.id, chargeId), eq(autoTopUpCharge.state, "pending")))
      .returning();
    if (ended === undefined) return false;
    await tx
      .update(autoTopUp)
      .set({ pausedAt: now, pauseReason: failure.slice(0, 500) })
      .where(eq(autoTopUp.accountId, ended.accountId));
    return true;
  });
}
