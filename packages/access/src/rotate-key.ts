/**
 * Rotates a key: a successor with the same settings takes its place, and the old key lives on for a while, so that its users can change over without a request lost.
 * Both share their budgets (see budget-purse.ts). A key is rotated once; the next time it is its successor's turn.
 */
import { apiKey, type Db } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { eq, sql } from "drizzle-orm";
import { newApiKey } from "./api-key-format.ts";
import { firstKeyIdOf } from "./budget-purse.ts";
import { type KeySummary, summaryColumns } from "./key-columns.ts";

export interface Rotation {
  keyId: string;
  /** The old key lives so long from now, unless it expires before; 0: it ends at once. Milliseconds. */
  overlapMs: number;
  /** Of the successor; absent: as the old key's was. */
  expiresAt?: Date | null | undefined;
}

export type Rotated =
  | { outcome: "rotated"; apiKey: string; key: KeySummary; old: KeySummary }
  | { outcome: "unknown" }
  /** Nothing was changed; `old` says why. */
  | { outcome: "revoked" | "expired" | "disabled" | "rotatedBefore"; old: KeySummary };

export async function rotateKey(db: Db, hashKey: (key: string) => Buffer, rotation: Rotation): Promise<Rotated> {
  const { keyId, overlapMs, expiresAt } = rotation;
  return db.transaction(async (tx): Promise<Rotated> => {
    const [found] = await tx
      .select({ ...summaryColumns, expired: sql<boolean>`coalesce(${apiKey.expiresAt} <= now(), false)` })
      .from(apiKey)
      .where(eq(apiKey.id, keyId))
      .for("update");
    if (found === undefined) return { outcome: "unknown" };
    const { expired, ...before } = found;
    if (before.revokedAt !== null) return { outcome: "revoked", old: before };
    if (before.successorId !== null) return { outcome: "rotatedBefore", old: before };
    if (expired) return { outcome: "expired", old: before };
    if (before.disabledAt !== null) return { outcome: "disabled", old: before };

    const text = newApiKey();
    const { createdAt: _createdAt, ...settings } = before;
    const [key] = await tx
      .insert(apiKey)
      .values({
        ...settings,
        id: `key_${randomBase62(16)}`,
        firstKeyId: firstKeyIdOf(before),
        hash: hashKey(text),
        lastFour: text.slice(-4),
        expiresAt: expiresAt === undefined ? before.expiresAt : expiresAt,
      })
      .returning(summaryColumns);
    if (key === undefined) throw new Error("an INSERT ... RETURNING gave no row");
    const [old] = await tx
      .update(apiKey)
      .set({
        successorId: key.id,
        expiresAt: sql`least(${apiKey.expiresAt}, now() + ${overlapMs} * interval '1 millisecond')`,
      })
      .where(eq(apiKey.id, keyId))
      .returning(summaryColumns);
    return { outcome: "rotated", apiKey: text, key, old: old ?? before };
  });
}
