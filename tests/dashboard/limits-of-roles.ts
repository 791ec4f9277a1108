/** What others may not: a viewer finds nothing that changes anything, and a customer only what is its own, whatever address it types. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Furnished } from "./furnish.ts";
import { openPage, readMenu } from "./menu.ts";
import type { People } from "./people.ts";

/** Buttons that only show: whoever adds one says so here. */
const showing = [
  /^$/,
  /: account menu$/,
  /^Go to ?Ctrl K$/,
  /^Search everything$/,
  /^Menu$/,
  /^Refresh$/,
  /^Show more$/,
  /^(Copy|Copied)( |$)/,
  /^\d+$/,
  /^(Next|Previous|First|Last) page$/i,
  /^Clear /,
  /^Tera, overview$/,
];

export function describeLimitsOfRoles(
  people: People,
  { acme, globex, batchId, initech }: Furnished,
  model: string,
): void {
  test("a viewer sees no button that changes anything, on any page", { timeout: 120_000 }, async () => {
    const { page, takeFaults } = await people.visit("viewer");
    await page.goto("/");
    const pages = [
      ...(await readMenu(page)),
      `/keys/${acme.keyId}`,
      `/requests/${acme.requestId}`,
      `/batches/${batchId}`,
      `/models/${encodeURIComponent(model)}`,
      `/accounts/${acme.id}`,
      `/accounts/${acme.id}?tab=keys`,
      `/billing/accounts/${acme.id}`,
      "/billing/invoices",
      `/billing/invoices/${initech.invoice}`,
      "/billing/prices",
      `/billing/prices/${encodeURIComponent(model)}`,
      "/billing/check",
      "/billing/seller",
    ];
    const changing: string[] = [];
    for (const path of pages) {
      await openPage(page, path);
      const names = (await namesOfButtons(page)).filter((name) => !showing.some((known) => known.test(name)));
      changing.push(...names.map((name) => `${path}: ${name}`));
    }
    expect(changing).toEqual([]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a customer who types the address of another account's things finds nothing there", {
    timeout: 90_000,
  }, async () => {
    const { page, takeFaults } = await people.visit("member", acme.id);
    for (const path of [
      `/accounts/${globex.id}`,
      `/keys/${globex.keyId}`,
      `/requests/${globex.requestId}`,
      `/billing/accounts/${globex.id}`,
      `/billing/invoices/${initech.invoice}`,
    ]) {
      await page.goto(path);
      await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
      expect(await page.content()).not.toContain("Globex");
    }
    // What the browser itself says of an answer.
    expect(takeFaults(/status of 404 .*\/admin\/api\//)).toEqual([]);
    await page.close();
  });

  test("nor does it find the operator's pages", { timeout: 90_000 }, async () => {
    const { page, takeFaults } = await people.visit("member", acme.id);
    for (const path of [
      "/runners",
      "/queue",
      "/members",
      "/audit",
      "/settings",
      "/billing/prices",
      `/billing/prices/${encodeURIComponent(model)}`,
      "/billing/rerate",
      "/billing/check",
      "/billing/seller",
    ]) {
      await page.goto(path);
      await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    }
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("of lists a customer sees only what is its own", async () => {
    const { page, takeFaults } = await people.visit("member", acme.id);
    for (const [path, own] of [
      ["/keys", `${acme.name} app`],
      ["/requests", acme.requestId],
      ["/batches", batchId],
      ["/usage?by=key", `${acme.name} app`],
      ["/billing", "Bank transfer"],
      ["/accounts", acme.id],
    ] as const) {
      await openPage(page, path);
      await page.getByRole("main").getByText(own).first().waitFor();
      const text = (await page.getByRole("main").textContent()) ?? "";
      for (const other of [globex.name, globex.keyId, globex.requestId, initech.name])
        expect(text).not.toContain(other);
      expect(await page.getByRole("main").getByLabel("Account", { exact: true }).count()).toBe(0);
    }
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}

/** Of those that are visible; heads of columns only sort. */
async function namesOfButtons(page: Page): Promise<string[]> {
  const found = await page.getByRole("button").and(page.locator(":not(th)")).all();
  return Promise.all(
    found.map(async (each) => ((await each.getAttribute("aria-label")) ?? (await each.textContent()) ?? "").trim()),
  );
}
