/**
 * Sign-in through an identity provider: OpenID Connect's code flow with PKCE and a nonce, as a provider of the sign-in library.
 *
 * The library's own generic provider asks for the discovery document when it is made, without a limit of time, and is gone for good when that fails; nor does it compare
 * whom the ID token and the user information are about. Nothing that the provider hands out is kept but the person's id with it.
 */
import { APIError } from "better-auth/api";
import { createAuthorizationURL, type OAuth2Tokens, type OAuthProvider } from "better-auth/oauth2";
import type { FastifyBaseLogger } from "fastify";
import { jwtVerify } from "jose";
import { z } from "zod";
import { type DiscoveredProvider, type OidcDiscovery, providerTimeoutMs } from "./oidc-discovery.ts";

export const oidcProviderId = "oidc";

export interface OidcSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** On the button. */
  name: string;
}

const tokensSchema = z.object({ access_token: z.string(), id_token: z.string() });
const claimsSchema = z.object({
  sub: z.string().min(1),
  nonce: z.string().optional(),
  /** Whom the token was made for, where it names several audiences. */
  azp: z.string().optional(),
});
const personSchema = z.object({
  sub: z.string().min(1),
  email: z.string().optional(),
  /** Some providers write a boolean as text. */
  email_verified: z.union([z.boolean(), z.stringbool()]).optional().catch(undefined),
  name: z.string().optional(),
});
type Person = z.infer<typeof personSchema>;

export function createOidcProvider(
  { issuer, clientId, clientSecret, name }: OidcSettings,
  { discovery, log }: { discovery: OidcDiscovery; log: FastifyBaseLogger },
): OAuthProvider<Person> {
  /** The answer of the provider's token endpoint. @throws whatever went wrong */
  async function redeem(provider: DiscoveredProvider, code: string, redirectUri: string, verifier: string) {
    const credentials = [clientId, clientSecret].map(encodeURIComponent);
    const answer = await fetch(provider.tokenEndpoint, {
      method: "POST",
      redirect: "error",
      signal: AbortSignal.timeout(providerTimeoutMs),
      headers: {
        accept: "application/json",
        ...(provider.secretInBody
          ? {}
          : { authorization: `Basic ${Buffer.from(credentials.join(":")).toString("base64")}` }),
      },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...(provider.secretInBody ? { client_id: clientId, client_secret: clientSecret } : {}),
      }),
    });
    if (!answer.ok) throw new Error(`the token endpoint answered with status ${answer.status}`);
    return tokensSchema.parse(await answer.json());
  }

  /** @throws when the ID token is not the provider's, not for us, or not of this sign-in */
  async function identify(tokens: z.infer<typeof tokensSchema>, nonce: string | undefined): Promise<Person> {
    const { signingKeys, signingAlgorithms, userinfoEndpoint } = await discovery.find();
    const { payload } = await jwtVerify(tokens.id_token, signingKeys, {
      issuer,
      audience: clientId,
      algorithms: signingAlgorithms,
      requiredClaims: ["exp", "iat"],
    });
    const claims = claimsSchema.parse(payload);
    if (nonce === undefined || claims.nonce !== nonce) throw new Error("the ID token is of another sign-in");
    if (claims.azp !== undefined && claims.azp !== clientId) throw new Error("the ID token is for another client");
    if (payload["email"] !== undefined || userinfoEndpoint === undefined) return personSchema.parse(payload);
    const answer = await fetch(userinfoEndpoint, {
      redirect: "error",
      signal: AbortSignal.timeout(providerTimeoutMs),
      headers: { accept: "application/json", authorization: `Bearer ${tokens.access_token}` },
    });
    if (!answer.ok) throw new Error(`the user information answered with status ${answer.status}`);
    const person = personSchema.parse(await answer.json());
    // OpenID Connect Core, section 5.3.2.
    if (person.sub !== claims.sub) throw new Error("the user information is about somebody else than the ID token");
    return person;
  }

  function warn(error: unknown): void {
    log.warn({ reason: reasonOf(error) }, "sign-in through the identity provider failed");
  }

  return {
    id: oidcProviderId,
    name,
    issuer,
    requiresIdTokenNonce: true,
    disableSignUp: true,
    options: { disableSignUp: true },
    accountSubject: ({ profile }) => profile.sub,
    async createAuthorizationURL({ state, codeVerifier, idTokenNonce, redirectURI }) {
      const { authorizationEndpoint } = await discovery.find().catch((error: unknown) => {
        warn(error);
        throw new APIError("SERVICE_UNAVAILABLE", {
          code: "PROVIDER_UNAVAILABLE",
          message: "The identity provider does not answer.",
        });
      });
      return createAuthorizationURL({
        id: oidcProviderId,
        options: { clientId, clientSecret },
        authorizationEndpoint,
        state,
        codeVerifier,
        redirectURI,
        scopes: ["openid", "email", "profile"],
        ...(idTokenNonce === undefined ? {} : { nonce: idTokenNonce }),
      });
    },
    async validateAuthorizationCode({ code, codeVerifier, redirectURI }): Promise<OAuth2Tokens | null> {
      try {
        // Under `raw`, the only field that the library does not write into the database.
        return { raw: await redeem(await discovery.find(), code, redirectURI, codeVerifier ?? "") };
      } catch (error) {
        warn(error);
        return null;
      }
    },
    async getUserInfo({ raw, expectedIdTokenNonce }) {
      try {
        const person = await identify(tokensSchema.parse(raw), expectedIdTokenNonce);
        const { email, email_verified: emailVerified = false, name: personName = "" } = person;
        return { user: { name: personName, email: email ?? null, emailVerified }, data: person };
      } catch (error) {
        warn(error);
        return null;
      }
    },
  };
}

/** With what is behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
