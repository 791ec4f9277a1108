/** Signing in through an identity provider, in a real browser, with a real provider on another site. */
import { afterAll, expect, test } from "vitest";
import { oidcClient, passIdentityProvider, startIdentityProvider } from "../support/identity-provider.ts";
import { useStack } from "../support/use-stack.ts";
import { meetPeople, notSignedIn } from "./people.ts";

const provider = await startIdentityProvider();
afterAll(() => provider.close());
const stack = await useStack({
  dashboard: true,
  workers: 0,
  fakeRunners: 0,
  env: {
    dashboard: {
      TERA_DASHBOARD_OIDC_ISSUER: provider.issuer,
      TERA_DASHBOARD_OIDC_CLIENT_ID: oidcClient.id,
      TERA_DASHBOARD_OIDC_CLIENT_SECRET: oidcClient.secret,
      TERA_DASHBOARD_OIDC_NAME: "Example Corp",
    },
  },
});
const people = await meetPeople(stack);
afterAll(() => people.close());

/** The provider's own pages want a font from elsewhere, and an icon. */
const ofProvider = new RegExp(`fonts\\.googleapis\\.com|${provider.issuer}/favicon`);

test("a provider that does not answer is told in plain words, and keeps nobody from signing in by password", async () => {
  const known = await people.enter("viewer");
  expect(known.takeFaults()).toEqual([]);
  const { page, context, takeFaults } = await people.open();
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Example Corp" }).click();
  await page.getByRole("alert").filter({ hasText: "The identity provider does not answer." }).waitFor();
  expect(takeFaults(/status of 503 .*sign-in\/social/)).toEqual([]);
  provider.answer(`${people.url}/admin/auth/callback/oidc`);
  await Promise.all([context.close(), known.context.close()]);
});

test("a member comes in through the provider, to the page that was asked for, and comes back in as the same", async () => {
  const known = await people.enter("viewer", { name: "Grace" });
  await known.context.close();
  provider.people.set("grace", { email: known.email, emailVerified: true });
  for (let visit = 1; visit <= 2; visit++) {
    const { page, context, takeFaults } = await people.open();
    await page.goto("/models?q=none");
    await page.getByRole("button", { name: "Example Corp" }).click();
    await passIdentityProvider(page, "grace");
    await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
    await page.waitForURL(({ search }) => search === "?q=none");
    await page.getByRole("button", { name: /Grace.*account menu/ }).waitFor();
    for (const cookie of await context.cookies(people.url)) {
      expect(cookie.name).toMatch(/^__Host-/);
      expect(cookie).toMatchObject({ httpOnly: true, secure: true });
    }
    expect(faultsOfOurs(takeFaults(notSignedIn))).toEqual([]);
    await context.close();
  }
  const kept = await stack.database.db.query.memberSignIn.findMany({
    where: ({ providerId }, { eq }) => eq(providerId, "oidc"),
  });
  expect(kept).toMatchObject([{ accountId: "grace", accessToken: null, refreshToken: null, idToken: null }]);
});

test.each([
  ["who is no member", undefined, true, "You are not a member here."],
  ["whose address the provider has not verified", "viewer", false, "Your e-mail address could not be trusted"],
  ["whose address a customer has given as theirs", "member", true, "Your e-mail address could not be trusted"],
] as const)("somebody %s stays outside, and is told why", async (who, role, emailVerified, why) => {
  const known = role && (await people.enter(role, role === "member" ? { accountId: stack.accountId } : {}));
  await known?.context.close();
  provider.people.set(who, { email: known?.email ?? "stranger@example.com", emailVerified });
  const { page, context, takeFaults } = await people.open();
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Example Corp" }).click();
  await passIdentityProvider(page, who);
  await page.getByRole("alert").filter({ hasText: why }).waitFor();
  await page.goto("/keys");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(faultsOfOurs(takeFaults(notSignedIn))).toEqual([]);
  await context.close();
});

test("who turns back at the provider is told so, and can try again", async () => {
  const { page, context } = await people.open();
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Example Corp" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("alert").filter({ hasText: "stopped on the way" }).waitFor();
  await page.getByRole("button", { name: "Example Corp" }).waitFor();
  await context.close();
});

test("an answer of the provider that this browser did not ask for opens nothing", async () => {
  const { page, context } = await people.open();
  await page.goto("/admin/auth/callback/oidc?code=stolen&state=made-up");
  await page.getByRole("alert").filter({ hasText: "took too long" }).waitFor();
  await context.close();
});

function faultsOfOurs(faults: string[]): string[] {
  return faults.filter((fault) => !ofProvider.test(fault));
}
