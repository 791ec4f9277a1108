/** Members and what they may do, as Postgres has them. Passwords and sessions are the sign-in library's; see the dashboard. */
import { account, type Db, type Member, type MemberRole, type Membership, member, membership } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { and, asc, eq, isNull, sql } from "drizzle-orm";

/** What somebody may do: with the operator, or as a customer of one account. */
export interface Grant {
  role: MemberRole;
  accountId: string | null;
  accountName: string | null;
}

export type MemberWithGrants = Pick<Member, "id" | "name" | "email" | "twoFactorEnabled" | "createdAt"> & {
  grants: (Grant & { id: string })[];
};

export interface MemberStore {
  hasMembers(): Promise<boolean>;
  /** The strongest right first: an operator's role before those of customers. */
  listGrants(memberId: string): Promise<Grant[]>;
  findMember(memberId: string): Promise<MemberWithGrants | undefined>;
  findMemberByEmail(email: string): Promise<Member | undefined>;
  /** The oldest first. @param accountId only members of this account. */
  listMembers(options?: { accountId?: string | undefined }): Promise<MemberWithGrants[]>;
  /** Gives a role; somebody who has one with the operator, or with that account, has this one from now on. */
  grant(memberId: string, role: MemberRole, accountId: string | null): Promise<Membership>;
  /** @returns whether there was such a grant */
  revoke(memberId: string, accountId: string | null): Promise<boolean>;
  /** Ends sessions and forgets passwords and passkeys with it. @returns whether there was such a member */
  removeMember(memberId: string): Promise<boolean>;
  countOwners(): Promise<number>;
}

export function createMemberStore({ db }: { db: Db }): MemberStore {
  const columns = {
    id: member.id,
    name: member.name,
    email: member.email,
    twoFactorEnabled: member.twoFactorEnabled,
    createdAt: member.createdAt,
  };

  const isGrant = (memberId: string, accountId: string | null) =>
    and(
      eq(membership.memberId, memberId),
      accountId === null ? isNull(membership.accountId) : eq(membership.accountId, accountId),
    );

  async function readMembers(memberId: string | undefined): Promise<MemberWithGrants[]> {
    const rows = await db
      .select({
        ...columns,
        grantId: membership.id,
        role: membership.role,
        accountId: membership.accountId,
        accountName: account.name,
      })
      .from(member)
      .leftJoin(membership, eq(membership.memberId, member.id))
      .leftJoin(account, eq(account.id, membership.accountId))
      .where(memberId === undefined ? undefined : eq(member.id, memberId))
      .orderBy(asc(member.createdAt), asc(member.id), sql`${membership.accountId} nulls first`);
    const members = new Map<string, MemberWithGrants>();
    for (const { grantId, role, accountId, accountName, ...person } of rows) {
      const known = members.get(person.id) ?? { ...person, grants: [] };
      if (grantId !== null && role !== null) known.grants.push({ id: grantId, role, accountId, accountName });
      members.set(person.id, known);
    }
    return [...members.values()];
  }

  return {
    async hasMembers() {
      const rows = await db.select({ id: member.id }).from(member).limit(1);
      return rows.length > 0;
    },
    async listGrants(memberId) {
      return db
        .select({ role: membership.role, accountId: membership.accountId, accountName: account.name })
        .from(membership)
        .leftJoin(account, eq(account.id, membership.accountId))
        .where(eq(membership.memberId, memberId))
        .orderBy(sql`${membership.accountId} nulls first`);
    },
    async findMember(memberId) {
      const [found] = await readMembers(memberId);
      return found;
    },
    async findMemberByEmail(email) {
      const [found] = await db.select().from(member).where(eq(member.email, email.toLowerCase()));
      return found;
    },
    async listMembers({ accountId } = {}) {
      const members = await readMembers(undefined);
      if (accountId === undefined) return members;
      return members.filter(({ grants }) => grants.some((grant) => grant.accountId === accountId));
    },
    async grant(memberId, role, accountId) {
      return db.transaction(async (tx) => {
        await tx.delete(membership).where(isGrant(memberId, accountId));
        const [granted] = await tx
          .insert(membership)
          .values({ id: `ms_${randomBase62(16)}`, memberId, role, accountId })
          .returning();
        if (granted === undefined) throw new Error("an INSERT ... RETURNING gave no row");
        return granted;
      });
    },
    async revoke(memberId, accountId) {
      const revoked = await db.delete(membership).where(isGrant(memberId, accountId)).returning({ id: membership.id });
      return revoked.length > 0;
    },
    async removeMember(memberId) {
      const removed = await db.delete(member).where(eq(member.id, memberId)).returning({ id: member.id });
      return removed.length > 0;
    },
    async countOwners() {
      return db.$count(membership, eq(membership.role, "owner"));
    },
  };
}
