/** Admin tokens: what opens the Admin API for scripts. `tera-admin-` and 43 characters; only the hash is kept. */
import { createHash, randomBytes } from "node:crypto";
import { type AdminToken, adminToken, type Db, type MemberRole } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, desc, eq, getTableColumns, gt, isNull, lt, or, sql } from "drizzle-orm";

export const adminTokenPrefix = "tera-admin-";

/** A token without its hash: safe to show. */
export type AdminTokenSummary = Omit<AdminToken, "hash">;

export interface NewAdminToken {
  name: string;
  role: MemberRole;
  accountId: string | null;
  createdBy: string;
  expiresAt: Date | null;
}

export interface AdminTokenStore {
  /** @returns `token`, the only copy there will ever be */
  createToken(options: NewAdminToken): Promise<{ token: string; summary: AdminTokenSummary }>;
  /** Notes that it was used. @returns undefined: unknown, revoked or expired */
  openToken(token: string): Promise<AdminTokenSummary | undefined>;
  /** The newest first; revoked ones too. */
  listTokens(): Promise<AdminTokenSummary[]>;
  /** @returns it, when it was good until now */
  revokeToken(tokenId: string): Promise<AdminTokenSummary | undefined>;
}

const { hash: _secret, ...summaryColumns } = getTableColumns(adminToken);

export function createAdminTokenStore({ db }: { db: Db }): AdminTokenStore {
  const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

  return {
    async createToken(options) {
      const token = `${adminTokenPrefix}${randomBytes(32).toString("base64url")}`;
      const [summary] = await db
        .insert(adminToken)
        .values({ ...options, id: `token_${randomBase62(16)}`, hash: hashOf(token), lastFour: token.slice(-4) })
        .returning(summaryColumns);
      if (summary === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return { token, summary };
    },
    async openToken(token) {
      if (!token.startsWith(adminTokenPrefix)) return undefined;
      const [found] = await db
        .select(summaryColumns)
        .from(adminToken)
        .where(
          and(
            eq(adminToken.hash, hashOf(token)),
            isNull(adminToken.revokedAt),
            or(isNull(adminToken.expiresAt), gt(adminToken.expiresAt, sql`now()`)),
          ),
        );
      if (found === undefined) return undefined;
      // To the minute: a script that asks a thousand times writes once.
      await db
        .update(adminToken)
        .set({ lastUsedAt: sql`now()` })
        .where(
          and(
            eq(adminToken.id, found.id),
            or(isNull(adminToken.lastUsedAt), lt(adminToken.lastUsedAt, sql`now() - interval '1 minute'`)),
          ),
        );
      return found;
    },
    async listTokens() {
      return db.select(summaryColumns).from(adminToken).orderBy(desc(adminToken.createdAt), desc(adminToken.id));
    },
    async revokeToken(tokenId) {
      const [revoked] = await db
        .update(adminToken)
        .set({ revokedAt: sql`now()` })
        .where(and(eq(adminToken.id, tokenId), isNull(adminToken.revokedAt)))
        .returning(summaryColumns);
      return revoked;
    },
  };
}
