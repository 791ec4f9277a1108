/** Which bookings of an account were made while it was prepaid, and which while it was postpaid: an invoice asks for the latter, a statement explains the former. */
import type { AccountKind, Db } from "@tera/database";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";

/** Of an account's ledger. */
export interface Stretch {
  kind: AccountKind;
  /** Exclusive. */
  afterSeq: bigint;
  /** Inclusive. */
  throughSeq: bigint;
}

const stretchSchema = z.object({
  kind: z.enum(["prepaid", "postpaid"]),
  after_seq: z.coerce.bigint(),
  through_seq: z.coerce.bigint(),
});

/** All of its ledger, also what is still to come: that is taken for what the account is now. */
export async function readStretches(db: Pick<Db, "execute">, accountId: string): Promise<Stretch[]> {
  const { rows } = await db.execute(
    sql`select kind, after_seq, through_seq from account_stretch() where account_id = ${accountId} order by through_seq`,
  );
  return rows
    .map((row) => stretchSchema.parse(row))
    .map(({ kind, after_seq, through_seq }) => ({ kind, afterSeq: after_seq, throughSeq: through_seq }));
}

/** A condition on `ledger_transaction t`, as plain ranges: a join would be looked up again for each of its rows. */
export function whileKind(stretches: readonly Stretch[], kind: AccountKind): SQL {
  const ranges = stretches
    .filter((stretch) => stretch.kind === kind)
    .map(({ afterSeq, throughSeq }) => sql`(t.seq > ${afterSeq} and t.seq <= ${throughSeq})`);
  return ranges.length === 0 ? sql`false` : sql`(${sql.join(ranges, sql` or `)})`;
}
