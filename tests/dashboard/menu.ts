/** The dashboard's menu: what is in it, and going there. */
import type { Page } from "playwright-core";

/** Paths of the pages that somebody has in the menu. */
export async function readMenu(page: Page): Promise<string[]> {
  const links = await page.getByRole("navigation", { name: "Pages" }).getByRole("link").all();
  return Promise.all(links.map(async (link) => (await link.getAttribute("href")) ?? ""));
}

/** By the menu where it is in there, as people do. */
export async function openPage(page: Page, path: string): Promise<void> {
  const link = page.getByRole("navigation", { name: "Pages" }).locator(`a[href="${path}"]`);
  if ((await link.count()) > 0) await link.click();
  else await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page
    .locator("main [data-loading], main .mantine-Loader-root")
    .waitFor({ state: "detached" })
    .catch(() => undefined);
}
