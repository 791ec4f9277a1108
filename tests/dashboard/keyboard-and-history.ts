/** Without a mouse, and with the browser's own buttons. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { freshName } from "./by-hand.ts";
import type { People } from "./people.ts";

const accountSchema = z.object({ id: z.string(), name: z.string() });

export function describeKeyboardAndHistory(people: People): void {
  test("the command palette goes to a page, and the back button goes back", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    await page.goto("/accounts");
    await page.getByRole("heading", { name: "Accounts", level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: "Go to a page" }).fill("audit");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit log", level: 1 }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Accounts", level: 1 }).waitFor();
    expect(takeFaults()).toEqual([]);
    await context.close();
  });

  test("a search is in the address, and is there again after a reload", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    const ask = (name: string) =>
      page.request.post("/admin/api/accounts", { data: { name, kind: "prepaid" }, headers: { origin: people.url } });
    await Promise.all([ask("Needle works"), ask("Haystack works")]);
    await page.goto("/accounts");
    const [needle, haystack] = [page.getByText("Needle works").first(), page.getByText("Haystack works").first()];
    await haystack.waitFor();
    const search = page.getByRole("main").getByRole("textbox").first();
    await search.click();
    // In two goes, as people do who think between: the second must arrive too.
    await page.keyboard.type("nee");
    await page.waitForURL(({ searchParams }) => searchParams.get("search") === "nee");
    await page.keyboard.type("dle");
    await page.waitForURL(({ searchParams }) => searchParams.get("search") === "needle");
    await haystack.waitFor({ state: "detached" });
    await page.reload();
    await needle.waitFor();
    expect(await search.inputValue()).toBe("needle");
    expect(await haystack.count()).toBe(0);
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Accounts" }).click();
    await haystack.waitFor();
    expect(await search.inputValue()).toBe("");

    // What was opened before the search had begun stays open, also when it takes a while to come.
    await page.route("**/admin/api/accounts/*", async (route) => {
      await sleep(1_000);
      await route.continue();
    });
    await search.fill("needle");
    await haystack.click();
    await page.getByRole("heading", { name: "Haystack works", level: 1 }).waitFor();
    expect(takeFaults()).toEqual([]);
    await context.close();
  });

  test("the command palette also opens from a field", async () => {
    const { page, takeFaults } = await people.visit("owner");
    await page.goto("/accounts");
    await page.getByRole("textbox", { name: "Search name or id" }).click();
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: "Go to a page" }).waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a question about what is on a page goes with the page", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const { id, name } = await ask(accountSchema, "POST", "/accounts", { name: freshName("Left"), kind: "prepaid" });
    await page.goto(`/accounts?search=${id}`);
    await page.getByText(name).first().click();
    await page.getByRole("button", { name: "Disable", exact: true }).click();
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Accounts", level: 1 }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("who has chosen an account may choose another", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const stem = freshName("One of two");
    const make = (name: string) => ask(accountSchema, "POST", "/accounts", { name, kind: "prepaid" });
    const [one] = await Promise.all([make(`${stem} here`), make(`0 ${stem} there`)]);
    await page.goto("/keys");
    const field = page.getByRole("combobox", { name: "Account", exact: true });
    await field.fill(one.name);
    await page.getByRole("option", { name: one.name }).click();
    await page.waitForURL(({ searchParams }) => searchParams.get("accountId") === one.id);
    await page.getByRole("heading", { name: "Keys", level: 1 }).click();
    await field.click();
    await page.getByRole("option").nth(1).waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a row opens by a click on it: not by its link into another tab, nor by marking its id", async () => {
    const { page, context, ask, takeFaults } = await people.enter("owner");
    const { id, name } = await ask(accountSchema, "POST", "/accounts", { name: freshName("Row"), kind: "prepaid" });
    await page.goto(`/accounts?search=${id}`);
    const list = page.url();
    const link = page.getByRole("table").getByRole("link", { name });
    const [other] = await Promise.all([context.waitForEvent("page"), link.click({ modifiers: ["Control"] })]);
    await other.waitForURL(`**/accounts/${id}`);
    await other.close();
    const box = await page.getByRole("table").getByText(id).boundingBox();
    if (box === null) throw new Error("the id is not to be seen");
    await page.mouse.move(box.x + 1, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    expect(await page.evaluate("getSelection().toString()")).toContain(id.slice(1, -1));
    expect(page.url()).toBe(list);
    await link.press("Enter");
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    expect(takeFaults()).toEqual([]);
    await context.close();
  });

  test("of a limit, a digit too many is not taken", async () => {
    const { page, takeFaults } = await people.visit("owner");
    await page.goto("/accounts");
    await page.getByRole("button", { name: "New account" }).first().click();
    const limit = page.getByRole("dialog").getByLabel("Tokens per minute");
    await limit.click();
    await page.keyboard.type("99999999999999999999");
    expect(await limit.inputValue()).toBe("999,999,999");
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("what was changed is opened in the audit log without a mouse", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const { id } = await ask(accountSchema, "POST", "/accounts", { name: freshName("Logged"), kind: "prepaid" });
    await page.goto(`/audit?objectId=${id}`);
    const change = page.getByRole("row").filter({ hasText: id });
    await change.press("Enter");
    await page.getByRole("table", { name: "Fields that changed" }).waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("the address of a page that a list does not have any more leads to its last one", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const { id, name } = await ask(accountSchema, "POST", "/accounts", { name: freshName("Alone"), kind: "prepaid" });
    await page.goto(`/accounts?search=${id}&page=9`);
    await page.getByRole("table").getByText(name).waitFor();
    expect(new URL(page.url()).searchParams.has("page")).toBe(false);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}
