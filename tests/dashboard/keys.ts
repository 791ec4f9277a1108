/** Keys, by hand: made with every limit, shown once, changed, rotated, closed, opened, revoked; by the operator and by a customer. */
import { type Stack, waitForStillness } from "@tera/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { choose, comeBack, confirm, fill, freshName, overhear, pick, readTrail } from "./by-hand.ts";
import { callApi } from "./call-api.ts";
import type { Furnished } from "./furnish.ts";
import type { Guest, People } from "./people.ts";

const madeKeySchema = z.object({ secret: z.string(), key: z.object({ id: z.string(), lastFour: z.string() }) });

export function describeKeys(people: People, stack: Stack, { acme }: Furnished): void {
  const makeKey = ({ ask }: Guest, name: string) => ask(madeKeySchema, "POST", "/keys", { accountId: acme.id, name });
  /** Gateways know within a second. */
  const opens = (key: string, status: number) =>
    expect.poll(async () => (await callApi(stack, key)).status, { timeout: 15_000 }).toBe(status);

  test("one is made with every limit, is shown once, opens the API, and is in the list with its limits", async () => {
    const owner = await people.visit("owner");
    const { page, context, takeFaults } = owner;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const name = freshName("limited");
    await page.goto("/keys");
    await page.getByRole("button", { name: "New key" }).click();
    const form = page.getByRole("dialog");
    await fill(form, { Name: name });
    await choose(page, "Account", acme.name, form);
    await choose(page, "Expires", "in 30 days", form);
    await form.locator("input").and(form.getByLabel("May use")).fill(stack.model);
    await page.keyboard.press("Enter");
    await fill(form, { "A day": "1.5", "A month": "20", "In all": "100.25" });
    await fill(form, { "Requests a minute": "600", "Tokens a minute": "100000", "Open at once": "7" });
    await form.locator("input").and(form.getByLabel("Addresses")).fill("127.0.0.0/8");
    await page.keyboard.press("Enter");
    await form.locator("input").and(form.getByLabel("Addresses")).fill("::1");
    await page.keyboard.press("Enter");
    await pick(form, "Priority", "high");
    await form.getByLabel("Keep prompts and answers").press("Space");
    await form.getByRole("button", { name: "Make the key" }).click();
    const key = await readSecret(page);
    await page.getByRole("button", { name: "Copy the key" }).click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(key);
    await opens(key, 200);

    const heard = overhear(page);
    await form.getByRole("button", { name: "I have copied it" }).click();
    await form.waitFor({ state: "detached" });
    await page.getByRole("table").getByRole("link", { name }).click();
    const settings = page.getByRole("region", { name: "Settings" });
    await settings.waitFor();
    const lines = await settings.getByRole("row").allTextContents();
    for (const said of [stack.model, "127.0.0.0/8", "::1", "600", "100,000", "7", "high", "kept"]) {
      expect(lines.some((line) => line.includes(said))).toBe(true);
    }
    const budgets = page.getByRole("region", { name: "Budgets" });
    for (const amount of ["$1.50", "$20.00", "$100.25"]) await budgets.getByText(amount).waitFor();
    await page.reload();
    await settings.waitFor();
    expect(await page.content()).not.toContain(key);
    expect(await heard.read()).toContain(name);
    expect(await heard.read()).not.toContain(key);

    const keyId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    expect(await readTrail(owner, keyId)).toEqual(["key.create"]);
    expect(await page.content()).not.toContain(key);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a limit is changed and holds; a rotation shows the new key once, and the old one lives on meanwhile", async () => {
    const owner = await people.visit("owner");
    const { page, takeFaults } = owner;
    const { secret: old, key } = await makeKey(owner, "rotated");
    await opens(old, 200);
    await page.goto(`/keys/${key.id}`);
    await page.getByRole("button", { name: "Change" }).click();
    await fill(page.getByRole("dialog"), { "Requests a minute": "1000" });
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByText("rotated was changed.").waitFor();
    await page.getByRole("region", { name: "Settings" }).getByText("1,000").waitFor();

    await page.getByRole("button", { name: "Rotate" }).click();
    await page.getByRole("dialog").getByLabel("an hour").check();
    await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
    const next = await readSecret(page);
    const heard = overhear(page);
    await page.getByRole("button", { name: "I have copied it" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(key.id));
    await page.getByRole("region", { name: "Rotation" }).getByText("this one").waitFor();
    await opens(next, 200);
    await opens(old, 200);
    await page.goto(`/keys/${key.id}`);
    await page.getByText(/this one lives on until/).waitFor();
    expect(await heard.read()).not.toContain(next);
    expect(await readTrail(owner, key.id)).toEqual(["key.rotate", "key.change", "key.create"]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("it is closed and opened again, and revoked only by who types its end", async () => {
    const owner = await people.visit("owner");
    const { page, takeFaults } = owner;
    const { secret, key } = await makeKey(owner, "closing");
    await page.goto(`/keys/${key.id}`);
    const act = async (item: string) => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: item }).click();
    };
    await act("Disable");
    await confirm(page, "Disable");
    await page.getByText("The operator has disabled it").waitFor();
    await opens(secret, 401);
    await act("Enable");
    await confirm(page, "Enable");
    await page.getByText("The operator has disabled it").waitFor({ state: "detached" });
    await opens(secret, 200);

    await act("Revoke");
    const dialog = page.getByRole("dialog");
    const revoke = dialog.getByRole("button", { name: "Revoke for good" });
    expect(await revoke.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("none");
    expect(await revoke.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill(key.lastFour);
    await revoke.click();
    await page.getByText("It was revoked for good").waitFor();
    await opens(secret, 401);
    expect(await page.getByRole("button", { name: "Change" }).count()).toBe(0);
    expect(await readTrail(owner, key.id)).toEqual(["key.revoke", "key.enable", "key.disable", "key.create"]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a customer makes, rotates and revokes keys of its own account, and chooses neither account nor priority", async () => {
    const { page, takeFaults } = await people.visit("member", acme.id);
    const name = freshName("our own");
    await page.goto("/keys");
    await page.getByRole("button", { name: "New key" }).click();
    const form = page.getByRole("dialog");
    await fill(form, { Name: name });
    expect(await form.getByText("Priority").count()).toBe(0);
    expect(await form.getByLabel("Account").count()).toBe(0);
    await form.getByRole("button", { name: "Make the key" }).click();
    const key = await readSecret(page);
    await opens(key, 200);
    await form.getByRole("button", { name: "I have copied it" }).click();
    await page.getByRole("table").getByRole("link", { name }).click();

    await page.getByRole("button", { name: "Rotate" }).click();
    await page.getByRole("dialog").getByLabel("not at all").check();
    await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
    const next = await readSecret(page);
    await page.getByRole("button", { name: "I have copied it" }).click();
    await opens(key, 401);
    await opens(next, 200);
    await page.getByRole("region", { name: "Rotation" }).getByText("this one").waitFor();

    await page.getByRole("button", { name: "More actions" }).click();
    expect(await page.getByRole("menuitem", { name: "Who changed it" }).count()).toBe(0);
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill(next.slice(-4));
    await page.getByRole("button", { name: "Revoke for good" }).click();
    await page.getByText("It was revoked for good").waitFor();
    await opens(next, 401);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a dialog that makes a key is closed by no slip: not while it is made, nor while it is shown", async () => {
    const { page, takeFaults } = await people.visit("owner");
    const mayGoOn = Promise.withResolvers<void>();
    await page.route("**/admin/api/keys", async (route) => {
      await mayGoOn.promise;
      await route.continue();
    });
    await page.goto(`/accounts/${acme.id}?tab=keys`);
    await page.getByRole("button", { name: "New key" }).first().click();
    const form = page.getByRole("dialog");
    await fill(form, { Name: freshName("slow") });
    await Promise.all([
      page.waitForRequest("**/admin/api/keys"),
      form.getByRole("button", { name: "Make the key" }).click(),
    ]);
    const slip = async () => {
      await page.keyboard.press("Escape");
      await page.mouse.click(5, 5);
      await waitForStillness(page);
    };
    await slip();
    mayGoOn.resolve();
    await readSecret(page);
    await slip();
    await form.getByRole("button", { name: "I have copied it" }).click();
    await form.waitFor({ state: "detached" });
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("what somebody else changes while the form is open stays as they set it", async () => {
    const owner = await people.visit("owner");
    const { page, ask, takeFaults } = owner;
    const { key } = await makeKey(owner, freshName("of two"));
    await page.clock.install();
    await page.goto(`/keys/${key.id}`);
    await page.getByRole("button", { name: "Change" }).click();
    const form = page.getByRole("dialog");
    const name = freshName("renamed");
    await fill(form, { Name: name });
    await ask(z.unknown(), "PATCH", `/keys/${key.id}`, { concurrencyMax: 3 });
    await comeBack(page);
    await page.getByRole("region", { name: "Settings" }).getByRole("row", { name: /3$/ }).waitFor();
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    const after = await ask(z.object({ concurrencyMax: z.number().nullable() }), "GET", `/keys/${key.id}`);
    expect(after.concurrencyMax).toBe(3);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}

async function readSecret(page: Page): Promise<string> {
  const secret = (await page.getByTestId("secret").textContent()) ?? "";
  expect(secret).toMatch(/^sk-tera-\w{20,}/);
  return secret;
}
