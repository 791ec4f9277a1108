/**
 * Lines of batches: added while a file is validated, begun by one gateway at a time, and ended once.
 *
 * What a line came to and what it costs are one transaction. So a result that a customer can read was charged, a charge has a result, and whatever dies in between,
 * the line is run again and charged then: with a gateway's memory or Redis nothing of it is lost.
 */
import { batchLine, batchResult, type Db } from "@tera/database";
import { createUsageWriter } from "@tera/metering";
import type { UsageRecord } from "@tera/protocol";
import { and, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import type { Transaction } from "./with-lock.ts";

export interface NewLine {
  number: number;
  customId: string;
  model: string;
  byteOffset: number;
  byteLength: number;
}

/** A line that may be begun. */
export interface OpenLine {
  batchId: string;
  number: number;
}

/** A line that this gateway has begun. */
export interface RunningLine extends OpenLine {
  attempt: number;
  failures: number;
  customId: string;
  /** The model's own name, where the line has an alias. */
  model: string;
  byteOffset: number;
  byteLength: number;
  accountId: string;
  keyId: string;
  endpoint: string;
  inputFileId: string;
}

/** How an attempt ended for good. */
export interface LineEnd {
  batchId: string;
  number: number;
  attempt: number;
  customId: string;
  /** Undefined: it succeeded. */
  errorCode: string | undefined;
  /** A line of the output or error file, without its line break. */
  body: string;
  /** Undefined: it was refused before it could reach a runner. */
  usage: UsageRecord | undefined;
  /** What that costs, nano-USD: for the batch's own sum; the ledger's is computed from the usage. */
  chargeNano: bigint;
}

export interface LineStore {
  /** @returns the numbers of lines that were not added, because the batch has their custom id already. */
  add(batchId: string, lines: readonly NewLine[]): Promise<number[]>;
  /** Models that have lines to begin. */
  listModels(): Promise<string[]>;
  /**
   * The next lines of a model, in fair order: of each account the same number, and of an account its oldest batch first. Lines of paused batches are left out.
   */
  listOpen(model: string, limit: number): Promise<OpenLine[]>;
  /** @returns those that were begun; the others are not open any more, or their batch is not. */
  begin(lines: readonly OpenLine[], gatewayId: string): Promise<RunningLine[]>;
  /** Puts a line back that was not ended. @param failed counts as a try; it is not begun again before `delayMs`. */
  giveBack(line: Pick<RunningLine, "batchId" | "number" | "attempt">, failed: boolean, delayMs: number): Promise<void>;
  /** All of it, or nothing. Ends of attempts that were given up are passed over. @returns those that counted. */
  end(ends: readonly LineEnd[]): Promise<LineEnd[]>;
  /** What a gateway has begun and not ended. */
  listRunning(gatewayId: string): Promise<Pick<RunningLine, "batchId" | "number" | "attempt">[]>;
  /** Puts back what gateways ran that are gone. @returns how many. */
  giveBackOf(isGone: (gatewayIds: readonly string[]) => Promise<readonly string[]>): Promise<number>;
  /** Lines that ended without a result: cancelled or expired, and not begun. */
  readUnfinished(
    batchId: string,
    afterNumber: number,
    limit: number,
  ): Promise<{ number: number; customId: string; state: string }[]>;
  readResults(
    batchId: string,
    options: { isError: boolean; afterNumber: number; limit: number },
  ): Promise<{ number: number; body: string }[]>;
  /** The output files are written: what they were made of. */
  removeResults(batchId: string): Promise<void>;
}

const addMax = 5_000;
const removeMax = 20_000;

const addedSchema = z.array(z.object({ number: z.number() }));
const openSchema = z.array(z.object({ batch_id: z.string(), number: z.number() }));
const runningSchema = z.array(
  z.object({
    batch_id: z.string(),
    number: z.number(),
    attempt: z.number(),
    failures: z.number(),
    custom_id: z.string(),
    model: z.string(),
    byte_offset: z.coerce.number(),
    byte_length: z.number(),
    account_id: z.string(),
    key_id: z.string(),
    endpoint: z.string(),
    input_file_id: z.string(),
  }),
);

/** @param author who books the charges: `gateway:<id>`. */
export function createLineStore({ db, author }: { db: Db | Transaction; author: string }): LineStore {
  async function addSome(batchId: string, lines: readonly NewLine[]): Promise<number[]> {
    // One parameter, not five for each line: making those costs more than all else of a large file.
    const { rows, rowCount } = await db.execute(sql`
      insert into batch_line (batch_id, number, custom_id, model, byte_offset, byte_length)
      select ${batchId}, l."number", l."customId", l."model", l."byteOffset", l."byteLength"
      from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) l ("number" int, "customId" text, "model" text, "byteOffset" bigint, "byteLength" int)
      on conflict do nothing returning number`);
    if (rowCount === lines.length) return [];
    const numbers = new Set(addedSchema.parse(rows).map(({ number }) => number));
    return lines.flatMap(({ number }) => (numbers.has(number) ? [] : number));
  }

  /** Few rows at a time, so that nobody waits long for a lock. */
  async function removeInSteps(table: "batch_line" | "batch_result", batchId: string): Promise<void> {
    let removed: number | null;
    do {
      const result = await db.execute(
        sql`delete from ${sql.identifier(table)} where ctid = any (array(select ctid from ${sql.identifier(table)} where batch_id = ${batchId} limit ${removeMax}))`,
      );
      removed = result.rowCount;
    } while (removed === removeMax);
  }

  return {
    async add(batchId, lines) {
      const taken: number[] = [];
      for (let at = 0; at < lines.length; at += addMax)
        taken.push(...(await addSome(batchId, lines.slice(at, at + addMax))));
      return taken;
    },
    async listModels() {
      const rows = await db.execute(sql`
        select distinct l.model from batch b, lateral (
          select model from batch_line where batch_id = b.id and state = 'open' order by number limit 100
        ) l
        where b.status = 'in_progress' and b.pause is null and b.expires_at > now()`);
      return z
        .array(z.object({ model: z.string() }))
        .parse(rows.rows)
        .map(({ model }) => model);
    },
    async listOpen(model, limit) {
      const { rows } = await db.execute(sql`
        with waiting as (
          select b.account_id, b.id, b.created_at from batch b
          where b.status = 'in_progress' and b.pause is null and b.expires_at > now()
        ), turn as (
          select l.batch_id, l.number, row_number() over (partition by w.account_id order by w.created_at, w.id, l.number) as turn
          from waiting w, lateral (
            select batch_id, number from batch_line
            where batch_id = w.id and state = 'open' and model = ${model} and (not_before is null or not_before <= now())
            order by number limit ${limit}
          ) l
        )
        select batch_id, number from turn order by turn, batch_id limit ${limit}`);
      return openSchema.parse(rows).map(({ batch_id: batchId, number }) => ({ batchId, number }));
    },
    async begin(lines, gatewayId) {
      const wanted = lines.map(({ batchId, number }) => ({ batch_id: batchId, number }));
      const { rows } = await db.execute(sql`
        update batch_line l set state = 'running', attempt = l.attempt + 1, gateway_id = ${gatewayId}
        from batch b
        where (l.batch_id, l.number) in (select w.batch_id, w.number from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) w (batch_id text, number int))
          and l.state = 'open' and b.id = l.batch_id and b.status = 'in_progress' and b.pause is null and b.expires_at > now()
        returning l.batch_id, l.number, l.attempt, l.failures, l.custom_id, l.model, l.byte_offset, l.byte_length, b.account_id, b.key_id, b.endpoint, b.input_file_id`);
      return runningSchema.parse(rows).map((row) => ({
        batchId: row.batch_id,
        number: row.number,
        attempt: row.attempt,
        failures: row.failures,
        customId: row.custom_id,
        model: row.model,
        byteOffset: row.byte_offset,
        byteLength: row.byte_length,
        accountId: row.account_id,
        keyId: row.key_id,
        endpoint: row.endpoint,
        inputFileId: row.input_file_id,
      }));
    },
    async giveBack({ batchId, number, attempt }, failed, delayMs) {
      await db
        .update(batchLine)
        .set({
          state: "open",
          gatewayId: null,
          ...(failed ? { failures: sql`${batchLine.failures} + 1` } : {}),
          notBefore:
            delayMs === 0 ? null : sql`clock_timestamp() + ${delayMs}::double precision * interval '1 millisecond'`,
        })
        .where(
          and(
            eq(batchLine.batchId, batchId),
            eq(batchLine.number, number),
            eq(batchLine.attempt, attempt),
            eq(batchLine.state, "running"),
          ),
        );
    },
    async end(ends) {
      const claims = ends.map(({ batchId, number, attempt, errorCode }) => ({
        batch_id: batchId,
        number,
        attempt,
        state: errorCode === undefined ? "succeeded" : "failed",
      }));
      return db.transaction(async (tx) => {
        // In one order for everybody, as settling locks what it changes: two gateways that end lines of the same batches wait for each other.
        await tx.execute(
          sql`select from batch where id in (select batch_id from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) c (batch_id text)) order by id for update`,
        );
        const { rows } = await tx.execute(sql`
          update batch_line l set state = c.state, gateway_id = null
          from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) c (batch_id text, number int, attempt int, state text)
          where l.batch_id = c.batch_id and l.number = c.number and l.attempt = c.attempt and l.state = 'running'
          returning l.batch_id, l.number`);
        const counted = new Set(openSchema.parse(rows).map(({ batch_id: id, number }) => `${id} ${number}`));
        const mine = ends.filter(({ batchId, number }) => counted.has(`${batchId} ${number}`));
        if (mine.length === 0) return [];
        await tx.insert(batchResult).values(
          mine.map(({ batchId, number, errorCode, body }) => ({
            batchId,
            number,
            isError: errorCode !== undefined,
            errorCode: errorCode ?? null,
            body,
          })),
        );
        const records = mine.flatMap(({ usage }) => usage ?? []);
        if (records.length > 0) await createUsageWriter({ db: tx, author }).settle(records);
        const sums = mine.map(({ batchId, errorCode, chargeNano }) => ({
          batch_id: batchId,
          failed: errorCode !== undefined,
          charge: chargeNano.toString(),
        }));
        await tx.execute(sql`
          update batch b set completed_lines = b.completed_lines + e.completed, failed_lines = b.failed_lines + e.failed, charge_nano = b.charge_nano + e.charge
          from (
            select batch_id, count(*) filter (where not failed) as completed, count(*) filter (where failed) as failed, sum(charge)::bigint as charge
            from jsonb_to_recordset(${JSON.stringify(sums)}::jsonb) s (batch_id text, failed boolean, charge bigint) group by 1
          ) e where b.id = e.batch_id`);
        return mine;
      });
    },
    async listRunning(gatewayId) {
      return db
        .select({ batchId: batchLine.batchId, number: batchLine.number, attempt: batchLine.attempt })
        .from(batchLine)
        .where(and(eq(batchLine.state, "running"), eq(batchLine.gatewayId, gatewayId)));
    },
    async giveBackOf(isGone) {
      const rows = await db
        .selectDistinct({ gatewayId: batchLine.gatewayId })
        .from(batchLine)
        .where(eq(batchLine.state, "running"));
      const gone = await isGone(rows.flatMap(({ gatewayId }) => gatewayId ?? []));
      if (gone.length === 0) return 0;
      const back = await db
        .update(batchLine)
        .set({ state: "open", gatewayId: null })
        .where(and(eq(batchLine.state, "running"), inArray(batchLine.gatewayId, [...gone])))
        .returning({ number: batchLine.number });
      return back.length;
    },
    async readUnfinished(batchId, afterNumber, limit) {
      return db
        .select({ number: batchLine.number, customId: batchLine.customId, state: batchLine.state })
        .from(batchLine)
        .where(
          and(
            eq(batchLine.batchId, batchId),
            inArray(batchLine.state, ["cancelled", "expired"]),
            sql`${batchLine.number} > ${afterNumber}`,
          ),
        )
        .orderBy(batchLine.number)
        .limit(limit);
    },
    async readResults(batchId, { isError, afterNumber, limit }) {
      return db
        .select({ number: batchResult.number, body: batchResult.body })
        .from(batchResult)
        .where(
          and(
            eq(batchResult.batchId, batchId),
            eq(batchResult.isError, isError),
            sql`${batchResult.number} > ${afterNumber}`,
          ),
        )
        .orderBy(batchResult.number)
        .limit(limit);
    },
    async removeResults(batchId) {
      await removeInSteps("batch_result", batchId);
      await removeInSteps("batch_line", batchId);
    },
  };
}
