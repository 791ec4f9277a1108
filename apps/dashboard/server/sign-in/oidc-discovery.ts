/**
 * What an identity provider says of itself (OpenID Connect Discovery 1.0): where people are sent, where codes are redeemed, and the keys that it signs with.
 *
 * Asked for when it is needed: a provider that is away keeps nobody from starting us, nor from signing in with a password.
 */
import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";

/** Of each question to the provider. */
export const providerTimeoutMs = 5_000;
/** How long an answer holds: addresses of a provider hardly ever change. */
const freshMs = 3_600_000;

const endpointSchema = z.url({ protocol: /^https?$/ });
const documentSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: endpointSchema,
  token_endpoint: endpointSchema,
  userinfo_endpoint: endpointSchema.optional(),
  jwks_uri: endpointSchema,
  id_token_signing_alg_values_supported: z.array(z.string()).min(1),
  /** `client_secret_basic` where it is absent. */
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

export interface DiscoveredProvider {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  userinfoEndpoint: string | undefined;
  signingKeys: JWTVerifyGetKey;
  /** Without `none`, and without those that are signed with the client's secret. */
  signingAlgorithms: string[];
  /** The secret goes into the body of the form, not into a header. */
  secretInBody: boolean;
}

export interface OidcDiscovery {
  /** @throws when the provider does not answer in time, or not as it must; the message names the reason, for the log. */
  find(): Promise<DiscoveredProvider>;
}

/** @param issuer to the letter as the provider itself writes it */
export function createOidcDiscovery({ issuer }: { issuer: string }): OidcDiscovery {
  let found: { provider: Promise<DiscoveredProvider>; atMs: number } | undefined;
  return {
    find() {
      if (found !== undefined && performance.now() - found.atMs < freshMs) return found.provider;
      const asked = { provider: discover(issuer), atMs: performance.now() };
      found = asked;
      asked.provider.catch(() => {
        if (found === asked) found = undefined;
      });
      return asked.provider;
    },
  };
}

async function discover(issuer: string): Promise<DiscoveredProvider> {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await fetch(address, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(providerTimeoutMs),
  });
  if (!answer.ok) throw new Error(`${address} answered with status ${answer.status}`);
  const document = documentSchema.parse(await answer.json());
  // Section 4.3: else somebody else's provider would speak for this one.
  if (document.issuer !== issuer) {
    throw new Error(
      `the provider calls itself ${document.issuer}: set TERA_DASHBOARD_OIDC_ISSUER to that, not ${issuer}`,
    );
  }
  const methods = document.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return {
    authorizationEndpoint: document.authorization_endpoint,
    tokenEndpoint: document.token_endpoint,
    userinfoEndpoint: document.userinfo_endpoint,
    signingKeys: createRemoteJWKSet(new URL(document.jwks_uri), { timeoutDuration: providerTimeoutMs }),
    signingAlgorithms: document.id_token_signing_alg_values_supported.filter((name) => !/^(none|HS\d+)$/.test(name)),
    secretInBody: !methods.includes("client_secret_basic") && methods.includes("client_secret_post"),
  };
}
