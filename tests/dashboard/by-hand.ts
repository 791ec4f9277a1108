/** What people do with the parts that pages are made of. */
import { randomBytes } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { z } from "zod";
import type { Guest } from "./people.ts";

/** A name that nothing has yet: a test is tried again where its first try left what it made. */
export function freshName(name: string): string {
  return `${name} ${randomBytes(3).toString("hex")}`;
}

/** Chooses from a list that opens. @param where the dialog that the field is in; anywhere on the page by default */
export async function choose(page: Page, label: string, option: string | RegExp, where: Page | Locator = page) {
  await where.locator("input:not([type=radio])").and(where.getByLabel(label)).click();
  await page.getByRole("option", { name: option }).click();
}

/** One of a few that stand side by side. */
export async function pick(where: Page | Locator, label: string, option: string): Promise<void> {
  await where.getByRole("radiogroup", { name: label }).getByText(option, { exact: true }).click();
}

/** Says yes where a page asks whether it is meant. @param button what the yes is called */
export async function confirm(page: Page, button: string): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
}

/** Fills in fields by their labels. */
export async function fill(where: Page | Locator, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, text] of Object.entries(fields)) {
    await where.getByRole("textbox", { name: label, exact: true }).fill(text);
  }
}

/** What comes of a link that saves a file. */
export async function download(page: Page, link: string): Promise<Buffer> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: link, exact: true }).click(),
  ]);
  const parts: Buffer[] = [];
  for await (const part of await file.createReadStream()) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const trailSchema = z.object({ items: z.array(z.object({ action: z.string(), actorName: z.string() })) });

/** What the page of the audit log says was done to something, the latest first, as an owner sees it. @param objectId of it */
export async function readTrail({ page, ask }: Guest, objectId: string): Promise<string[]> {
  const { items } = await ask(trailSchema, "GET", `/audit?${new URLSearchParams({ objectId })}`);
  await page.goto(`/audit?${new URLSearchParams({ objectId })}`);
  const shown = page.getByRole("table").getByRole("row").filter({ hasText: objectId });
  await shown.nth(items.length - 1).waitFor();
  return shown.locator(".mantine-Badge-label").allTextContents();
}

/** Remembers what the server answers to questions from here on: no secret must be among it. */
export function overhear(page: Page): { read(): Promise<string> } {
  const answers: Promise<string>[] = [];
  page.on("response", (response) => {
    const isJson = response.headers()["content-type"]?.includes("json") === true;
    if (isJson && response.request().method() === "GET") answers.push(response.text().catch(() => ""));
  });
  return { read: async () => (await Promise.all(answers)).join("\n") };
}

/** Comes back to a page that was left open for a while: it asks anew for what it shows. The page's clock is its own from the beginning: `page.clock.install()`. */
export async function comeBack(page: Page): Promise<void> {
  await page.clock.fastForward(60_000);
  await page.evaluate(`window.dispatchEvent(new Event("visibilitychange"))`);
}
