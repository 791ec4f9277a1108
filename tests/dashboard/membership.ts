/** People, by hand: roles given and taken, somebody removed, one's own password, the settings, and accounts. */

import type { Stack } from "@tera/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { choose, confirm, fill, freshName, readTrail } from "./by-hand.ts";
import { callApi } from "./call-api.ts";
import { notSignedIn, type People, password } from "./people.ts";

const membersSchema = z.object({ items: z.array(z.object({ id: z.string(), email: z.string() })) });
const idSchema = z.object({ id: z.string() });
const madeKeySchema = z.object({ secret: z.string() });

export function describeMembership(people: People, stack: Stack): void {
  test("a member's role is changed, counts at once, and a member who is removed is outside at once", async () => {
    const owner = await people.visit("owner");
    const { page, ask, takeFaults } = owner;
    const grace = await people.enter("viewer", { name: "Grace" });
    const found = (await ask(membersSchema, "GET", "/members")).items.find(({ email }) => email === grace.email);
    await page.goto("/members");
    const row = page.getByRole("row").filter({ hasText: grace.email });
    const act = async (item: string) => {
      await row.getByRole("button", { name: "Actions for Grace" }).click();
      await page.getByRole("menuitem", { name: item }).click();
    };
    await act("Give a role");
    await choose(page, "Role", /^Billing/, page.getByRole("dialog"));
    await page.getByRole("dialog").getByRole("button", { name: "Give" }).click();
    await row.getByText("billing", { exact: true }).waitFor();
    await grace.page.goto("/accounts");
    await grace.page.getByRole("button", { name: "New account" }).first().waitFor();

    await act("Link for a new password");
    const link = (await page.getByTestId("secret").textContent()) ?? "";
    expect(link).toContain("/invite#");
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();

    await act("Remove");
    await confirm(page, "Remove");
    await row.waitFor({ state: "detached" });
    await grace.page.goto("/accounts");
    await grace.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await readTrail(owner, found?.id ?? "")).toEqual([
      "member.remove",
      "member.password_link",
      "member.grant",
      "member.join",
    ]);
    expect(takeFaults()).toEqual([]);
    expect(grace.takeFaults(notSignedIn)).toEqual([]);
    await grace.context.close();
    await page.close();
  });

  test("an invitation is withdrawn and opens nothing; a script's token is revoked and is refused", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const [email, name] = [people.freshEmail(), freshName("old script")];
    const { link } = await ask(z.object({ link: z.string() }), "POST", "/invitations", {
      email,
      role: "viewer",
      accountId: null,
    });
    const { token } = await ask(z.object({ token: z.string() }), "POST", "/tokens", {
      name,
      role: "viewer",
      accountId: null,
      expiresAt: null,
    });
    await page.goto("/members?tab=invitations");
    await page.getByRole("row").filter({ hasText: email }).getByRole("button").click();
    await page.getByText("The link does not work any more.").waitFor();
    await page.goto("/members?tab=tokens");
    const row = page.getByRole("row").filter({ hasText: name });
    await row.getByRole("button", { name: "Revoke" }).click();
    await confirm(page, "Revoke");
    await row.getByText("revoked").waitFor();
    const answer = await fetch(`${people.url}/admin/api/accounts`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
    const stranger = await people.open();
    await stranger.page.goto(link);
    await stranger.page.getByText("This link does not work").waitFor();
    expect(stranger.takeFaults(/404/)).toEqual([]);
    await stranger.context.close();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a new password opens the door, the old one does not, and other browsers are signed out", async () => {
    const { page, context, email, takeFaults } = await people.enter("viewer");
    const other = await people.open();
    await signIn(other.page, email, password);
    await other.page.getByRole("navigation", { name: "Pages" }).waitFor();

    const next = "another horse, another staple";
    await page.goto("/profile");
    const card = page.getByRole("region", { name: "Password" });
    const change = async (current: string) => {
      await card.getByLabel("Current password").fill(current);
      await card.locator("input").and(card.getByLabel("New password")).fill(next);
      await card.getByRole("button", { name: "Change password" }).click();
    };
    await change("not the password");
    await page.getByText("That did not work").waitFor();
    await change(password);
    await page.getByText("The password was changed.").waitFor();

    await other.page.goto("/profile");
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(other.page, email, password);
    await other.page.getByRole("alert").waitFor();
    await signIn(other.page, email, next);
    await other.page.getByRole("navigation", { name: "Pages" }).waitFor();
    await page.reload();
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    expect(takeFaults(/400 .*change-password/)).toEqual([]);
    expect(other.takeFaults(/status of 401/)).toEqual([]);
    await Promise.all([context.close(), other.context.close()]);
  });

  test("an account is changed, and closed: its keys open nothing until it is opened", async () => {
    const owner = await people.visit("owner");
    const { page, ask, takeFaults } = owner;
    const { id } = await ask(idSchema, "POST", "/accounts", { name: "Soylent", kind: "postpaid" });
    const { secret } = await ask(madeKeySchema, "POST", "/keys", { accountId: id, name: "app" });
    const opens = (status: number) =>
      expect.poll(async () => (await callApi(stack, secret)).status, { timeout: 15_000 }).toBe(status);
    await opens(200);
    await page.goto(`/accounts/${id}`);
    await page.getByRole("button", { name: "Change" }).click();
    await fill(page.getByRole("dialog"), { Name: "Soylent Green", "Open requests at once": "9" });
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Soylent Green", level: 1 }).waitFor();
    await page.getByRole("button", { name: "Disable" }).click();
    await confirm(page, "Disable");
    await page.getByText("Soylent Green is disabled.").waitFor();
    await opens(401);
    await page.getByRole("button", { name: "Enable" }).click();
    await confirm(page, "Enable");
    await opens(200);
    for (const tab of ["Keys", "Usage", "Billing"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel").getByRole("region").first().waitFor();
    }
    expect(await readTrail(owner, id)).toEqual([
      "account.enable",
      "account.disable",
      "account.change",
      "account.create",
    ]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("the settings say what this installation is, and lead to the reference of the Admin API", async () => {
    const { page, takeFaults } = await people.visit("owner");
    await page.goto("/settings");
    await page.getByRole("main").getByText(people.url).waitFor();
    await page.getByRole("link", { name: "Reference" }).click();
    await page.waitForURL(/\/admin\/reference/);
    await page.getByText("/admin/api/keys").first().waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}

async function signIn(page: Page, email: string, secret: string): Promise<void> {
  if (!page.url().includes("/sign-in")) await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").first().fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}
