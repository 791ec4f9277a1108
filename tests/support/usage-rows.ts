/** Usage rows in Postgres, which are written off the hot path: waits until they are there. */
import { type UsageEvent, usageEvent } from "@tera/database";
import type { Stack } from "@tera/testkit";
import { asc } from "drizzle-orm";
import { expect } from "vitest";

/** @returns the rows, oldest first, once there are `count` of them. */
export async function usageRows(stack: Stack, count: number): Promise<UsageEvent[]> {
  const read = () => stack.database.db.select().from(usageEvent).orderBy(asc(usageEvent.admittedAt));
  await expect.poll(async () => (await read()).length, { interval: 20, timeout: 5_000 }).toBeGreaterThanOrEqual(count);
  return read();
}

/** @returns the row of one request, once it is there. */
export async function usageRow(stack: Stack, requestId: string): Promise<UsageEvent> {
  const find = async () => (await usageRows(stack, 0)).find((row) => row.requestId === requestId);
  await expect.poll(find, { interval: 20, timeout: 5_000 }).toBeDefined();
  const row = await find();
  if (row === undefined) throw new Error(`no usage row for ${requestId}`);
  return row;
}
