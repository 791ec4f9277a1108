/** Where a page of requests ended. Those of one millisecond are in the order of their ids, byte by byte, so that lists of different tables can be merged. */
import type { Column } from "drizzle-orm";
import { type SQL, sql } from "drizzle-orm";

export interface RequestPosition {
  at: Date;
  requestId: string;
}

/** @returns the condition for rows that come after `position` in a list with the latest first. */
export function isOlder(at: Column, requestId: Column, position: RequestPosition): SQL {
  return sql`(${at}, ${requestId} collate "C") < (${position.at.toISOString()}::timestamptz, ${position.requestId})`;
}

/** For sorting a merged list: the latest first. */
export function compareNewest(one: RequestPosition, other: RequestPosition): number {
  const later = other.at.getTime() - one.at.getTime();
  if (later !== 0) return later;
  return one.requestId < other.requestId ? 1 : one.requestId > other.requestId ? -1 : 0;
}
