/** The dashboard's menu: what is in it, and going there. */
import type { Page } from "playwright-core";

/** Paths of the pages that somebody has in the menu. */
export async function readMenu(page: Page): Promise<string[]> {
  const menu = page.getByRole("navigation", { name: "Pages" });
  await menu.getByRole("link").first().waitFor();
  const links = await menu.getByRole("link").all();
  return Promise.all(links.map(async (link) => (await link.getAttribute("href")) ?? ""));
}

/** By the menu where it is in there, as people do. */
export async function openPage(page: Page, path: string): Promise<void> {
  const link = page.getByRole("navigation", { name: "Pages" }).locator(`a[href="${path}"]`);
  const isElsewhere = new URL(page.url()).pathname !== path;
  if (isElsewhere && (await link.count()) > 0) {
    // The page before stays until the next one is there.
    await page.evaluate(`document.querySelector("main h1")?.setAttribute("data-before", "")`);
    await link.click();
  } else await page.goto(path);
  await page.locator("main h1:not([data-before])").waitFor();
  await page.locator("main [data-loading], main .mantine-Loader-root").first().waitFor({ state: "detached" });
}
