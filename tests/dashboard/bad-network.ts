/** Answers that do not come and come the next time, and those that are no longer true. */
import { expect, test } from "vitest";
import { z } from "zod";
import { freshName } from "./by-hand.ts";
import { type People, password } from "./people.ts";

const accountSchema = z.object({ id: z.string() });

export function describeBadNetwork(people: People): void {
  const failed = /ERR_FAILED|status of 400/;

  test("a page that could not be shown is shown by its button, once the dashboard answers", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const name = freshName("Away for a while");
    const { id } = await ask(accountSchema, "POST", "/accounts", { name, kind: "prepaid" });
    // What the page is about, and what comes before every page.
    for (const cut of [`**/admin/api/accounts/${id}`, "**/admin/api/session"]) {
      await page.route(cut, (route) => route.abort());
      await page.goto(`/accounts/${id}`);
      await page.getByText("This page could not be shown").waitFor();
      await page.unroute(cut);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { name, level: 1 }).waitFor();
    }
    expect(takeFaults(failed)).toEqual([]);
    await page.close();
  });

  test("who searches while the dashboard fails goes on typing, and finds", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const name = freshName("Sought in vain");
    await ask(accountSchema, "POST", "/accounts", { name, kind: "prepaid" });
    const first = name.slice(0, -3);
    await page.route(
      ({ pathname, searchParams }) => pathname.endsWith("/accounts") && searchParams.get("search") === first,
      (route) =>
        route.fulfill({
          status: 400,
          json: { error: { code: "invalid_request", message: "Not this time.", fields: [] } },
        }),
    );
    await page.goto("/accounts");
    await page.getByRole("textbox", { name: "Search name or id" }).click();
    await page.keyboard.type(first);
    await page.getByText("Not this time.").waitFor();
    await page.keyboard.type(name.slice(-3));
    await page.getByRole("table").getByText(name).waitFor();
    expect(takeFaults(failed)).toEqual([]);
    await page.close();
  });

  test("a form whose file did not come opens after all", async () => {
    const { page, takeFaults } = await people.visit("owner");
    await page.goto("/keys");
    const file = "**/assets/new-key-drawer*";
    const open = () => page.getByRole("button", { name: "New key" }).first().click();
    await page.route(file, (route) => route.abort());
    await open();
    await page.getByText("This page could not be shown").waitFor();
    await page.unroute(file);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
    await open();
    await page.getByRole("dialog").getByLabel("Name").waitFor();
    expect(takeFaults(/ERR_FAILED|dynamically imported module/)).toEqual([]);
    await page.close();
  });

  test("what somebody else has taken away meanwhile is gone from the list of who wanted to", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const email = people.freshEmail();
    const body = { email, role: "viewer", accountId: null };
    const { invitation } = await ask(z.object({ invitation: accountSchema }), "POST", "/invitations", body);
    await page.goto("/members?tab=invitations");
    const row = page.getByRole("row").filter({ hasText: email });
    await row.waitFor();
    await page.request.delete(`/admin/api/invitations/${invitation.id}`, { headers: { origin: people.url } });
    await row.getByRole("button", { name: "Withdraw" }).click();
    await page.getByText("There is no such open invitation.").waitFor();
    await row.waitFor({ state: "detached" });
    expect(takeFaults(/status of 404/)).toEqual([]);
    await page.close();
  });

  test("whose session is over is led from a list to the sign-in, and back", async () => {
    const { page, context, email, takeFaults } = await people.enter("owner");
    await page.goto("/accounts");
    await page.getByRole("heading", { name: "Accounts", level: 1 }).waitFor();
    await context.clearCookies();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Keys" }).click();
    await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").first().fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
    expect(takeFaults(/status of 401/)).toEqual([]);
    await context.close();
  });
}
