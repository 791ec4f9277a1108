/** An OpenID provider that is real (oidc-provider), on another site than the dashboard: its pages let anybody in whom it knows. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";
import type { Page } from "playwright-core";

export const oidcClient = { id: "tera", secret: randomBytes(32).toString("hex") };

export interface IdentityProvider {
  issuer: string;
  /** What it says of somebody, by what they type. */
  people: Map<string, { email: string; emailVerified: boolean }>;
  /** Until then it takes connections and says nothing. */
  answer(redirectUri: string): void;
  close(): Promise<void>;
}

const lifeS = 600;

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let handle: ReturnType<Provider["callback"]> | undefined;
  const people: IdentityProvider["people"] = new Map();
  const server = createServer((request, response) => void handle?.(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a TCP listener has an address");
  const issuer = `http://127.0.0.1:${address.port}`;
  return {
    issuer,
    people,
    answer(redirectUri) {
      const provider = new Provider(issuer, {
        clients: [{ client_id: oidcClient.id, client_secret: oidcClient.secret, redirect_uris: [redirectUri] }],
        claims: { email: ["email", "email_verified"], profile: ["name"] },
        cookies: { keys: [oidcClient.secret] },
        ttl: { AccessToken: lifeS, Grant: lifeS, IdToken: lifeS, Interaction: lifeS, Session: lifeS },
        findAccount(_context, login) {
          const person = people.get(login);
          if (person === undefined) return undefined;
          const claims = { sub: login, name: login, email: person.email, email_verified: person.emailVerified };
          return { accountId: login, claims: () => claims };
        },
      });
      handle = provider.callback();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** On the provider's own pages: who one is, and that the dashboard may know. */
export async function passIdentityProvider(page: Page, login: string): Promise<void> {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}
