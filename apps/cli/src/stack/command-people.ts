/** Who may sign in to the dashboard, and what scripts use its API: of Postgres (`stored-people.ts`), or through that API (`remote/remote-people.ts`). */
import type { AdminTokenSummary, MemberWithGrants } from "@tera/access";
import type { MemberRole } from "@tera/database";

export interface NewRight {
  role: MemberRole;
  /** Of a customer. */
  accountId: string | undefined;
}

export interface CommandPeople {
  listMembers(): Promise<MemberWithGrants[]>;
  /** @param wanted.email null: whoever opens the link says who they are. @throws {CliError} */
  invite(wanted: NewRight & { email: string | null }): Promise<{
    link: string;
    expiresAt: Date;
    accountName: string | null;
  }>;
  /** @returns a link. @throws {CliError} when there is no such member, or one without a role. */
  makePasswordLink(email: string): Promise<string>;
  createToken(wanted: NewRight & { name: string; expiresAt: Date | null }): Promise<{
    token: string;
    summary: AdminTokenSummary;
  }>;
}
