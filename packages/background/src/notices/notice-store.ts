/**
 * Notices: what the operator's webhook is told. Written once for each type and reference, delivered at least once, in any order.
 *
 * | type              | reference                         | told when                                                        |
 * |-------------------|-----------------------------------|------------------------------------------------------------------|
 * | key.expiring      | key, expiry, days ahead           | a key that is in use ends in a week, and again in a day          |
 * | balance.low       | account, its last payment         | a prepaid account fell below what was set, once for each payment, and again for each automatic top-up that was refused |
 * | invoice.issued    | number                            | an invoice was issued                                            |
 * | top_up.failed     | charge                            | a saved payment method was refused                               |
 * | payment.disputed  | provider's movement of money      | a dispute took a payment back, or gave it again                  |
 * | ledger.findings   | day                               | the daily check of the ledger found something                    |
 * | batch.ended       | batch                             | a batch was completed, expired, was cancelled, or its file was refused |
 */
import { type Db, type Notice, notice } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, asc, eq, isNull, sql } from "drizzle-orm";

export type NoticeType =
  | "key.expiring"
  | "balance.low"
  | "invoice.issued"
  | "top_up.failed"
  | "payment.disputed"
  | "ledger.findings"
  | "batch.ended";

export interface NewNotice {
  type: NoticeType;
  reference: string;
  /** JSON; money as decimal strings of USD. */
  payload: Readonly<Record<string, unknown>>;
}

export interface NoticeStore {
  /** What was written before is passed over. @returns how many are new. */
  add(notices: readonly NewNotice[]): Promise<number>;
  find(id: string): Promise<Notice | undefined>;
  /** Ids of what is to be delivered, the oldest first. */
  listWaiting(limit: number): Promise<string[]>;
  markDelivered(id: string): Promise<void>;
  /** @returns tries so far. */
  markFailed(id: string, failure: string): Promise<number>;
  abandon(id: string): Promise<void>;
}

const now = sql`clock_timestamp()`;
const insertMax = 1_000;

export function createNoticeStore({ db }: { db: Db }): NoticeStore {
  return {
    async add(notices) {
      let added = 0;
      for (let at = 0; at < notices.length; at += insertMax) {
        const rows = notices
          .slice(at, at + insertMax)
          .map((each) => ({ ...each, id: `notice_${randomBase62(16)}`, createdAt: now }));
        added += (await db.insert(notice).values(rows).onConflictDoNothing().returning({ id: notice.id })).length;
      }
      return added;
    },
    async find(id) {
      const [found] = await db.select().from(notice).where(eq(notice.id, id));
      return found;
    },
    async listWaiting(limit) {
      const rows = await db
        .select({ id: notice.id })
        .from(notice)
        .where(and(isNull(notice.deliveredAt), isNull(notice.abandonedAt)))
        .orderBy(asc(notice.createdAt))
        .limit(limit);
      return rows.map(({ id }) => id);
    },
    async markDelivered(id) {
      await db
        .update(notice)
        .set({ deliveredAt: now, attempts: sql`${notice.attempts} + 1`, failure: null })
        .where(eq(notice.id, id));
    },
    async markFailed(id, failure) {
      const [row] = await db
        .update(notice)
        .set({ attempts: sql`${notice.attempts} + 1`, failure })
        .where(eq(notice.id, id))
        .returning({ attempts: notice.attempts });
      return row?.attempts ?? 0;
    },
    async abandon(id) {
      await db.update(notice).set({ abandonedAt: now }).where(eq(notice.id, id));
    },
  };
}
