/** People who use the dashboard in a real browser: invited, let in by their link, each with cookies of their own. */
import { createInvitationStore } from "@tera/access";
import { launchChromium, openWatchedPage, type Stack, type WatchedPage } from "@tera/testkit";
import type { BrowserContext, BrowserContextOptions } from "playwright-core";

export const password = "correct horse battery staple";

export interface Visit extends WatchedPage {
  context: BrowserContext;
}

export interface People {
  /** Of the dashboard. */
  url: string;
  /** A link that makes somebody a member. @param accountId of a customer */
  invite(role: "owner" | "viewer" | "member", accountId?: string): Promise<string>;
  /** A page of somebody who is not signed in. */
  open(options?: BrowserContextOptions): Promise<Visit>;
  /** Somebody new, who has followed their link. */
  enter(
    role: "owner" | "viewer" | "member",
    options?: BrowserContextOptions & { name?: string; accountId?: string },
  ): Promise<Visit & { email: string }>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/** Of e-mail addresses: no two people of a test file have the same. */
let count = 0;

export async function meetPeople({ database, dashboardUrl }: Stack): Promise<People> {
  if (dashboardUrl === undefined) throw new Error("the stack has no dashboard");
  const browser = await launchChromium();

  async function open(options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ baseURL: dashboardUrl ?? "", viewport: wide, ...options });
    context.setDefaultTimeout(30_000);
    return { context, ...(await openWatchedPage(context)) };
  }
  async function invite(role: "owner" | "viewer" | "member", accountId?: string): Promise<string> {
    const { token } = await createInvitationStore(database).createInvitation({
      role,
      accountId: accountId ?? null,
      email: null,
      createdBy: "test",
    });
    return `${dashboardUrl}/invite#${token}`;
  }
  return {
    url: dashboardUrl,
    invite,
    open,
    async enter(role, { name = `A ${role}`, accountId, ...options } = {}) {
      const visit = await open(options);
      const email = `person-${++count}@example.com`;
      await accept(visit, await invite(role, accountId), { name, email });
      return { ...visit, email };
    },
    close: () => browser.close(),
  };
}

export const wide = { width: 1280, height: 800 };
export const narrow = { width: 390, height: 844 };

/** What the browser itself says when a page finds that nobody is signed in. */
export const notSignedIn = /status of 401 .*\/admin\/api\/session/;

export async function accept({ page }: WatchedPage, link: string, person: { name: string; email: string }) {
  await page.goto(link);
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").first().fill(password);
  await page.getByRole("button", { name: "Come in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}
