/** What belongs to the operator, for the matrix of rights: people, invitations, tokens, each made anew when it is asked for. */
import { createAdminTokenStore, createInvitationStore, createMemberStore } from "@tera/access";
import { member } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { z } from "zod";
import { period } from "./samples.ts";
import type { Setting } from "./setting.ts";

/** By the names that paths use. */
export interface Installation {
  /** Of a viewer, who is nobody else in the matrix. */
  memberId(): Promise<string>;
  invitationId(): Promise<string>;
  /** Of an open invitation. */
  invitationToken(): Promise<string>;
  tokenId(): Promise<string>;
  /** Of the one worker, its one runner and what that serves. */
  workerId(): Promise<string>;
  runnerId(): Promise<string>;
  modelId(): Promise<string>;
  /** Of work that was begun. */
  invoiceRunId(): Promise<string>;
  reratingId(): Promise<string>;
  appliedReratingId(): Promise<string>;
}

const begunSchema = z.object({ id: z.string() });

export function createInstallation({ dashboard, owner }: Setting): Installation {
  const { db } = dashboard;
  const invite = () =>
    createInvitationStore({ db }).createInvitation({ role: "viewer", accountId: null, email: null, createdBy: "test" });

  async function begin(path: string, body: object): Promise<string> {
    return begunSchema.parse((await owner("POST", path, body)).body).id;
  }

  return {
    async memberId() {
      const id = `mem_${randomBase62(16)}`;
      await db.insert(member).values({ id, name: "Somebody", email: `${id}@example.com`.toLowerCase() });
      await createMemberStore({ db }).grant(id, "viewer", null);
      return id;
    },
    invitationId: async () => (await invite()).invitation.id,
    invitationToken: async () => (await invite()).token,
    async tokenId() {
      const { summary } = await createAdminTokenStore({ db }).createToken({
        name: "script",
        role: "viewer",
        accountId: null,
        createdBy: "test",
        expiresAt: null,
      });
      return summary.id;
    },
    workerId: async () => "w1",
    runnerId: async () => "r1",
    modelId: async () => "m",
    invoiceRunId: () => begin("/invoice-runs", { month: "2020-01", dryRun: true }),
    reratingId: () => begin("/reratings", period),
    appliedReratingId: async () =>
      begin(`/reratings/${await begin("/reratings", period)}/apply`, { reason: "a mistake" }),
  };
}
