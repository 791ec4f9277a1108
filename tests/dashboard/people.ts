/** People who use the dashboard in a real browser: invited, let in by their link, each with cookies of their own. */
import { createInvitationStore } from "@tera/access";
import { launchChromium, openWatchedPage, type Stack, type WatchedPage } from "@tera/testkit";
import type { BrowserContext, BrowserContextOptions } from "playwright-core";
import type { z } from "zod";

export const password = "correct horse battery staple";

export interface Visit extends WatchedPage {
  context: BrowserContext;
}

export interface Guest extends Visit {
  /** Asks the Admin API as whoever is signed in. @param path below `/admin/api` @throws when it is refused, or answers otherwise than `schema` says */
  ask<Schema extends z.ZodType>(
    schema: Schema,
    method: "GET" | "POST" | "PATCH" | "PUT",
    path: string,
    body?: object,
  ): Promise<z.infer<Schema>>;
}

type Role = "owner" | "viewer" | "member";

export interface People {
  /** Of the dashboard. */
  url: string;
  /** A link that makes somebody a member. @param accountId of a customer */
  invite(role: Role, accountId?: string): Promise<string>;
  /** An address that nobody has yet. */
  freshEmail(): string;
  /** A page of somebody who is not signed in. */
  open(options?: BrowserContextOptions): Promise<Visit>;
  /** Somebody new, who has followed their link. */
  enter(
    role: Role,
    options?: BrowserContextOptions & { name?: string; accountId?: string },
  ): Promise<Guest & { email: string }>;
  /** A new page of somebody who was let in before: for each role and account the same person, who must not sign out. The page is to be closed, not its context. */
  visit(role: Role, accountId?: string): Promise<Guest>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/** Of e-mail addresses: no two people of a test file have the same. */
let count = 0;

export async function meetPeople({ database, dashboardUrl }: Stack): Promise<People> {
  if (dashboardUrl === undefined) throw new Error("the stack has no dashboard");
  const url = dashboardUrl;
  const browser = await launchChromium();
  /** By role and account. */
  const residents = new Map<string, Promise<BrowserContext>>();

  async function open(options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ baseURL: url, viewport: wide, ...options });
    context.setDefaultTimeout(30_000);
    return { context, ...(await openWatchedPage(context)) };
  }
  async function invite(role: Role, accountId?: string): Promise<string> {
    const { token } = await createInvitationStore(database).createInvitation({
      role,
      accountId: accountId ?? null,
      email: null,
      createdBy: "test",
    });
    return `${url}/invite#${token}`;
  }
  const freshEmail = () => `person-${++count}@example.com`;
  async function enter(
    role: Role,
    { name = `A ${role}`, accountId, ...options }: BrowserContextOptions & { name?: string; accountId?: string } = {},
  ): Promise<Guest & { email: string }> {
    const visit = await open(options);
    const email = freshEmail();
    await accept(visit, await invite(role, accountId), { name, email });
    return { ...visit, ask: askerOf(visit.context, url), email };
  }
  async function settle(role: Role, accountId?: string): Promise<BrowserContext> {
    const { context, page } = await enter(role, accountId === undefined ? {} : { accountId });
    await page.close();
    return context;
  }
  return {
    url,
    invite,
    freshEmail,
    open,
    enter,
    async visit(role, accountId) {
      const who = `${role} ${accountId ?? ""}`;
      const coming = residents.get(who) ?? settle(role, accountId);
      residents.set(who, coming);
      const context = await coming;
      return { context, ask: askerOf(context, url), ...(await openWatchedPage(context)) };
    },
    close: () => browser.close(),
  };
}

function askerOf({ request }: BrowserContext, origin: string): Guest["ask"] {
  return async (schema, method, path, data) => {
    const response = await request.fetch(`/admin/api${path}`, {
      method,
      headers: { origin },
      ...(data === undefined ? {} : { data }),
    });
    if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`);
    return schema.parse(await response.json());
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
