/** What pages ask the server when they are opened, as a real browser was seen to ask it. */
import { setTimeout } from "node:timers/promises";
import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import type { BenchPage, Subject } from "./pages.ts";
import { signIn, type Visitor } from "./visitors.ts";

export interface RecordedPage {
  page: BenchPage;
  /** Paths with their queries, `/admin/...`, asked with GET. */
  asked: string[];
}

const openTimeoutMs = 30_000;
/** A page that asked nothing for as long has asked all: one answer leads to the next question within a few frames. */
const quietMs = 400;
const lookEveryMs = 50;
/** Has no end. */
const livePath = "/admin/api/live";

export async function recordPages(
  browser: Browser,
  visitor: Visitor,
  pages: readonly BenchPage[],
  subject: Subject,
): Promise<RecordedPage[]> {
  const context = await browser.newContext({ baseURL: visitor.url, viewport: { width: 1_280, height: 800 } });
  try {
    await signIn(context, visitor);
    const recorded: RecordedPage[] = [];
    for (const page of pages) recorded.push({ page, asked: await recordPage(context, page, subject) });
    return recorded;
  } finally {
    await context.close();
  }
}

async function recordPage(context: BrowserContext, { name, path }: BenchPage, subject: Subject): Promise<string[]> {
  const page = await context.newPage();
  const asked = new Set<string>();
  const faults: string[] = [];
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (!pathname.startsWith("/admin/")) return;
    if (request.method() === "GET") asked.add(pathname + search);
    else faults.push(`${request.method()} ${pathname}: it was only opened`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => faults.push(error.message));
  const untilQuiet = watchTraffic(page);
  await page.goto(path(subject));
  await page.getByRole("heading", { level: 1 }).waitFor({ timeout: openTimeoutMs });
  await untilQuiet();
  await page.close();
  if (faults.length > 0) throw new Error(`the page ${name} does not open well: ${faults.join(", ")}`);
  return [...asked];
}

/** @returns waits until all that a page has asked for is there. @throws when that does not come to pass in time */
export function watchTraffic(page: Page): () => Promise<void> {
  const open = new Set<Request>();
  let changedAt = performance.now();
  function note(change: () => void): void {
    change();
    changedAt = performance.now();
  }
  page.on("request", (request) => {
    if (new URL(request.url()).pathname !== livePath) note(() => open.add(request));
  });
  page.on("requestfinished", (request) => note(() => open.delete(request)));
  page.on("requestfailed", (request) => note(() => open.delete(request)));
  return async () => {
    const deadline = performance.now() + openTimeoutMs;
    while (open.size > 0 || performance.now() - changedAt < quietMs) {
      if (performance.now() > deadline) {
        throw new Error(`${page.url()} still waits for ${[...open].map((request) => request.url()).join(", ")}`);
      }
      await setTimeout(lookEveryMs);
    }
  };
}
