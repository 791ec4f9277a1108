/** Each page, as everybody who may see it sees it: no errors, no barriers, nothing cut off, in light, dark and on a phone. */
import { findBarriers, waitForStillness } from "@tera/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Furnished } from "./furnish.ts";
import { openPage, readMenu } from "./menu.ts";
import { narrow, type People, wide } from "./people.ts";

export interface PagesDependencies {
  people: People;
  furnished: Furnished;
  model: string;
}

export function describePages({ people, furnished, model }: PagesDependencies): void {
  const { acme, batchId, initech } = furnished;
  /** Those that are not in the menu: of one thing each, and parts of others. */
  const customersPages = [
    `/keys/${acme.keyId}`,
    `/requests/${acme.requestId}`,
    `/batches/${batchId}`,
    `/models/${encodeURIComponent(model)}`,
    `/accounts/${acme.id}`,
    "/profile",
  ];
  const operatorsPages = [
    ...customersPages,
    `/billing/accounts/${acme.id}`,
    "/billing/invoices",
    `/billing/invoices/${initech.invoice}`,
    "/billing/prices",
    `/billing/prices/${encodeURIComponent(model)}`,
    "/billing/check",
    "/billing/seller",
  ];
  const changersPages = ["/billing/rerate", "/members?tab=invitations", "/members?tab=tokens"];

  test("to the owner, in light, dark and narrow", { timeout: 180_000 }, async () => {
    const visit = await people.visit("owner");
    await visit.page.goto("/");
    const pages = await readMenu(visit.page);
    expect(pages.length).toBeGreaterThan(10);
    const faults: string[] = [];
    for (const path of [...pages, ...operatorsPages, ...changersPages]) {
      const note = (where: string, found: readonly string[]) => {
        faults.push(...found.map((fault) => `${path}, ${where}: ${fault}`));
      };
      await paint(visit.page, "light");
      await openPage(visit.page, path);
      note("light", await findBarriers(visit.page));
      await paint(visit.page, "dark");
      note("dark", await findBarriers(visit.page));
      await visit.page.setViewportSize(narrow);
      await waitForStillness(visit.page);
      const overflow = await overflowOf(visit.page);
      if (overflow > 0) note("narrow", [`${overflow} pixels wider than a phone`]);
      await visit.page.setViewportSize(wide);
      note("anywhere", visit.takeFaults());
    }
    expect(faults).toEqual([]);
    await visit.page.close();
  });

  test.each([
    ["viewer", undefined, operatorsPages],
    ["member", acme.id, customersPages],
  ] as const)("to a %s, who has fewer", { timeout: 180_000 }, async (role, account, morePages) => {
    const visit = await people.visit(role, account);
    await visit.page.goto("/");
    const pages = await readMenu(visit.page);
    expect(pages).not.toContain("/members");
    const faults: string[] = [];
    for (const path of [...pages, ...morePages]) {
      await openPage(visit.page, path);
      const found = [...(await findBarriers(visit.page)), ...visit.takeFaults()];
      faults.push(...found.map((fault) => `${path}: ${fault}`));
    }
    expect(faults).toEqual([]);
    await visit.page.close();
  });

  test("to somebody at the door", { timeout: 180_000 }, async () => {
    const { page, context, takeFaults } = await people.open();
    const faults: string[] = [];
    for (const path of ["/sign-in", new URL(await people.invite("viewer")).href, "/no/such/page"]) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      faults.push(...(await findBarriers(page)).map((fault) => `${path}: ${fault}`));
    }
    expect([...faults, ...takeFaults()]).toEqual([]);
    await context.close();
  });
}

/** Waits until the page has followed: colours fade from one to the other. */
async function paint(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: "attached" });
}

async function overflowOf(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
}
