/** Invitations: one-time links that make somebody a member, or set a member's password anew. Only the hash of a link's token is kept. */
import { createHash, randomBytes } from "node:crypto";
import { account, type Db, type Invitation, invitation, type MemberRole } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";

export const invitationHours = 72;

export interface NewInvitation {
  role: MemberRole;
  /** Of a customer. */
  accountId: string | null;
  /** Null: whoever opens the link says who they are. */
  email: string | null;
  /** Whose password it sets anew. */
  memberId?: string | undefined;
  createdBy: string;
}

export type OpenInvitation = Omit<Invitation, "tokenHash"> & { accountName: string | null };

export interface InvitationStore {
  /** @returns `token`, the only copy there will ever be */
  createInvitation(options: NewInvitation): Promise<{ token: string; invitation: OpenInvitation }>;
  /** @returns undefined: there is none with this token, or it was used, or its time is over. */
  findOpenInvitation(token: string): Promise<OpenInvitation | undefined>;
  /** Of any number at once, one succeeds. @returns as `findOpenInvitation` */
  useInvitation(token: string): Promise<OpenInvitation | undefined>;
  /** Those that can still be used, the newest first. */
  listOpenInvitations(): Promise<OpenInvitation[]>;
  /** @returns it, when it was open until now */
  withdrawInvitation(invitationId: string): Promise<OpenInvitation | undefined>;
}

export function createInvitationStore({ db }: { db: Db }): InvitationStore {
  const isOpen = and(isNull(invitation.usedAt), gt(invitation.expiresAt, sql`now()`));
  const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

  async function withAccountName({ tokenHash: _hash, ...found }: Invitation): Promise<OpenInvitation> {
    if (found.accountId === null) return { ...found, accountName: null };
    const [owner] = await db.select({ name: account.name }).from(account).where(eq(account.id, found.accountId));
    return { ...found, accountName: owner?.name ?? null };
  }

  return {
    async createInvitation({ role, accountId, email, memberId, createdBy }) {
      const token = randomBytes(32).toString("base64url");
      const [made] = await db
        .insert(invitation)
        .values({
          id: `inv_${randomBase62(16)}`,
          tokenHash: hashOf(token),
          role,
          accountId,
          email: email?.toLowerCase() ?? null,
          memberId: memberId ?? null,
          createdBy,
          expiresAt: sql`now() + make_interval(hours => ${invitationHours})`,
        })
        .returning();
      if (made === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return { token, invitation: await withAccountName(made) };
    },
    async findOpenInvitation(token) {
      const [found] = await db
        .select()
        .from(invitation)
        .where(and(eq(invitation.tokenHash, hashOf(token)), isOpen));
      return found === undefined ? undefined : withAccountName(found);
    },
    async useInvitation(token) {
      const [used] = await db
        .update(invitation)
        .set({ usedAt: sql`now()` })
        .where(and(eq(invitation.tokenHash, hashOf(token)), isOpen))
        .returning();
      return used === undefined ? undefined : withAccountName(used);
    },
    async listOpenInvitations() {
      const open = await db.select().from(invitation).where(isOpen).orderBy(desc(invitation.createdAt));
      return Promise.all(open.map(withAccountName));
    },
    async withdrawInvitation(invitationId) {
      const [withdrawn] = await db
        .update(invitation)
        .set({ usedAt: sql`now()` })
        .where(and(eq(invitation.id, invitationId), isOpen))
        .returning();
      return withdrawn === undefined ? undefined : withAccountName(withdrawn);
    },
  };
}
