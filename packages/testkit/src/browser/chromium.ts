/** The browser of the tests: Debian's or the machine's Chromium or Chrome; installed with the system's package manager where that needs no question. */
import { access, constants } from "node:fs/promises";
import { installSystemPackage } from "@tera/embedded";
import { type Browser, chromium } from "playwright-core";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** @throws an Error that says what to install, when there is none and none can be installed without asking. */
export async function ensureChromium({ log }: { log: (line: string) => void }): Promise<string> {
  const present = await findChromium();
  if (present !== undefined) return present;
  const install = await installSystemPackage({ apt: "chromium", brew: "--cask chromium" }, (installer) =>
    log(`Chromium is missing: installing it with ${installer} (for the browser tests)`),
  );
  const installed = await findChromium();
  if (installed !== undefined) return installed;
  const why = install.outcome === "failed" ? ` (${install.command}: ${install.lastLine})` : "";
  throw new Error(
    `The browser tests need Chromium or Chrome, which could not be installed${why}: apt-get install chromium`,
  );
}

async function findChromium(): Promise<string | undefined> {
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return undefined;
}

/** Speaks to this machine only: nothing that a browser does by itself. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error("there is no Chromium: npm test installs it");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
