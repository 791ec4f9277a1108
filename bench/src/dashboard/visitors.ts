/** People who are signed in, for the browser and for what asks in its place. */
import { createInvitationStore } from "@tera/access";
import type { Stack } from "@tera/testkit";
import type { BrowserContext } from "playwright-core";

export interface Visitor {
  /** Of the dashboard. */
  url: string;
  /** As a header. */
  cookie: string;
}

/** @param accountId of a customer; without one it is an owner */
export async function inviteVisitor({ database, dashboardUrl }: Stack, accountId?: string): Promise<Visitor> {
  if (dashboardUrl === undefined) throw new Error("the stack has no dashboard");
  const { token } = await createInvitationStore(database).createInvitation({
    role: accountId === undefined ? "owner" : "member",
    accountId: accountId ?? null,
    email: null,
    createdBy: "bench",
  });
  const accepted = await fetch(`${dashboardUrl}/admin/api/invitations/accept`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: dashboardUrl },
    body: JSON.stringify({
      token,
      name: "Bench",
      email: `${accountId ?? "owner"}@bench.example`,
      password: "correct horse battery staple",
    }),
  });
  if (!accepted.ok) throw new Error(`the invitation was not accepted: ${await accepted.text()}`);
  const pairs = accepted.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  // Those without a value are taken away.
  return { url: dashboardUrl, cookie: pairs.filter((pair) => !pair.endsWith("=")).join("; ") };
}

export async function signIn(context: BrowserContext, { url, cookie }: Visitor): Promise<void> {
  // A cookie whose name begins with __Host- is only taken from https; localhost gets it over http, too.
  const secureUrl = url.replace(/^http:/, "https:");
  await context.addCookies(
    cookie.split("; ").map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      return { name, value, url: secureUrl, secure: true };
    }),
  );
}
