/** Kept prompts and answers in Postgres: written in batches, found by request, dropped by the day when they have expired. */
import { type Db, type RequestContent, requestContent } from "@tera/database";
import { and, eq, gt, sql } from "drizzle-orm";
import { type DroppedDay, dropExpiredDays } from "../expired-days.ts";

export interface ContentStore {
  /** @param rows as `contentRow` made them. A request that has a row keeps it. */
  write(rows: readonly ContentRow[]): Promise<void>;
  /** Undefined: nothing was kept of it, or it has expired. Looks into every day that is kept. */
  find(requestId: string): Promise<RequestContent | undefined>;
}

/** A row as it travels: made when the request ends, so that what it was cut out of can be forgotten. */
export interface ContentRow {
  /** `2026-11-23`: the day on which it expires. */
  readonly day: string;
  readonly json: string;
}

export function contentRow({ requestId, accountId, keyId, prompt, answer, expiresAt }: RequestContent): ContentRow {
  const expires = expiresAt.toISOString();
  return {
    day: expires.slice(0, 10),
    json: JSON.stringify({
      request_id: requestId,
      account_id: accountId,
      key_id: keyId,
      prompt,
      answer,
      expires_at: expires,
    }),
  };
}

export function createContentStore({ db }: { db: Db }): ContentStore {
  /** Days that have their partition. */
  const readyDays = new Set<string>();

  async function ensureDays(rows: readonly ContentRow[]): Promise<void> {
    for (const day of new Set(rows.map((row) => row.day))) {
      if (readyDays.has(day)) continue;
      await db.execute(sql`select ensure_expiry_day('request_content', ${day}::timestamp at time zone 'UTC')`);
      readyDays.add(day);
    }
  }

  return {
    async write(rows) {
      await ensureDays(rows);
      const json = `[${rows.map((row) => row.json).join(",")}]`;
      await db.execute(sql`
        insert into request_content (request_id, account_id, key_id, prompt, answer, expires_at)
        select request_id, account_id, key_id, prompt, answer, expires_at
        from jsonb_to_recordset(${json}::jsonb) as row (request_id text, account_id text, key_id text, prompt jsonb, answer jsonb, expires_at timestamptz)
        on conflict do nothing`);
    },
    async find(requestId) {
      const [found] = await db
        .select()
        .from(requestContent)
        .where(and(eq(requestContent.requestId, requestId), gt(requestContent.expiresAt, sql`clock_timestamp()`)))
        .limit(1);
      return found;
    },
  };
}

/** Drops the days of content that are over, the oldest first. */
export function dropExpiredContent(db: Db): Promise<DroppedDay[]> {
  return dropExpiredDays(db, "request_content");
}
