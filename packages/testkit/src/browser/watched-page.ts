/** A page of a browser that remembers everything that went wrong in it: errors of scripts, requests that failed, what the content security policy refused. */
import type { BrowserContext, Page } from "playwright-core";

export interface WatchedPage {
  readonly page: Page;
  /** What went wrong since the last call. @param forgiven what is meant to go wrong in this test */
  takeFaults(forgiven?: RegExp): string[];
}

// Scripts as text: they run in the browser, whose types this package does not have.
const tellRefusals = `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  console.error("the content security policy refused " + violatedDirective + " " + blockedURI);
})`;
const stillness = `(async () => {
  const moving = () => document.getAnimations().filter(
    ({ playState, effect }) => playState === "running" && Number.isFinite(effect?.getComputedTiming().endTime),
  );
  for (let round = 0; round < 20 && moving().length > 0; round++) {
    await Promise.allSettled(moving().map(({ finished }) => finished));
  }
})()`;

export async function openWatchedPage(context: BrowserContext): Promise<WatchedPage> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // The page itself gave it up: it was left, or asked for something newer.
    if (reason !== "net::ERR_ABORTED") faults.push(`request: ${request.method()} ${request.url()} ${reason}`);
  });
  // Nothing of a page may ask whoever reads it.
  page.on("dialog", async (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.addInitScript(tellRefusals);
  return {
    page,
    takeFaults: (forgiven) => faults.splice(0).filter((fault) => forgiven === undefined || !forgiven.test(fault)),
  };
}

/** Waits until nothing of the page moves any more: what is half faded in has the wrong colours. */
export async function waitForStillness(page: Page): Promise<void> {
  await page.evaluate(stillness);
}
