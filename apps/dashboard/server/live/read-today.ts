/** What was used and charged since midnight UTC, over all accounts: out of the roll-ups by day. */
import type { Db } from "@tera/database";
import { createUsageReports, formatUsd } from "@tera/metering";
import type { LiveSnapshot } from "../../api/live.ts";

export async function readToday(db: Db, now = new Date()): Promise<NonNullable<LiveSnapshot["today"]>> {
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const { chargeNano, correctionNano, requests } = await createUsageReports({ db }).total({ from });
  return { charged: formatUsd(chargeNano + correctionNano), requests };
}
