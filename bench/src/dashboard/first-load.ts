/** What a browser with an empty cache loads of the web until the first page after signing in shows its figures and charts. */
import { get } from "node:http";
import type { Browser } from "playwright-core";
import { watchTraffic } from "./record-pages.ts";
import { signIn, type Visitor } from "./visitors.ts";

export interface LoadedFile {
  path: string;
  /** Of the body, as it travels when gzip is all that is understood. */
  gzipBytes: number;
}

/** The page itself, scripts, styles and pictures; not what the Admin API answers. */
export async function measureFirstLoad(browser: Browser, visitor: Visitor): Promise<LoadedFile[]> {
  const context = await browser.newContext({ baseURL: visitor.url, viewport: { width: 1_280, height: 800 } });
  try {
    await signIn(context, visitor);
    const page = await context.newPage();
    const paths = new Set<string>();
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (!pathname.startsWith("/admin/")) paths.add(pathname);
    });
    const untilQuiet = watchTraffic(page);
    await page.goto("/");
    await page.getByRole("figure", { name: /Open requests/ }).waitFor();
    await untilQuiet();
    return await Promise.all(
      [...paths].map(async (path) => ({ path, gzipBytes: await countGzipBytes(visitor.url + path) })),
    );
  } finally {
    await context.close();
  }
}

function countGzipBytes(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { "accept-encoding": "gzip" } }, (response) => {
      let bytes = 0;
      response.on("data", (piece: Buffer) => {
        bytes += piece.length;
      });
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    request.once("error", reject);
  });
}
