/** The dashboard of `tera up`, and the link by which its first owner comes in. */
import { createInvitationStore, createMemberStore } from "@tera/access";
import { connectDatabase } from "@tera/database";

/** @returns a link that works once; null when there are members already, who can sign in. */
export async function makeSignInLink(databaseUrl: string, dashboardUrl: string): Promise<string | null> {
  const database = connectDatabase({ url: databaseUrl, name: "tera-up", poolSizeMax: 1 });
  const { db } = database;
  try {
    if (await createMemberStore({ db }).hasMembers()) return null;
    const owner = { role: "owner", accountId: null, email: null, createdBy: "tera up" } as const;
    const { token } = await createInvitationStore({ db }).createInvitation(owner);
    return `${dashboardUrl}/invite#${token}`;
  } finally {
    await database.close(1_000);
  }
}
