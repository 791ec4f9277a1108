/** Each page of the menu, as everybody who has it in the menu sees it: no errors, no barriers, nothing cut off, in light, dark and on a phone. */
import { findBarriers, waitForStillness } from "@tera/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { openPage, readMenu } from "./menu.ts";
import { narrow, type People, wide } from "./people.ts";

export function describePages(people: People, accountId: string): void {
  test("to the owner, in light, dark and narrow", { timeout: 120_000 }, async () => {
    const visit = await people.enter("owner");
    const pages = await readMenu(visit.page);
    expect(pages.length).toBeGreaterThan(4);
    const faults: string[] = [];
    for (const path of [...pages, "/profile"]) {
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
    await visit.context.close();
  });

  test.each([
    ["viewer", undefined],
    ["member", accountId],
  ] as const)("to a %s, who has fewer", { timeout: 90_000 }, async (role, account) => {
    const visit = await people.enter(role, account === undefined ? {} : { accountId: account });
    const pages = await readMenu(visit.page);
    expect(pages).not.toContain("/members");
    const faults: string[] = [];
    for (const path of pages) {
      await openPage(visit.page, path);
      const found = [...(await findBarriers(visit.page)), ...visit.takeFaults()];
      faults.push(...found.map((fault) => `${path}: ${fault}`));
    }
    expect(faults).toEqual([]);
    await visit.context.close();
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
