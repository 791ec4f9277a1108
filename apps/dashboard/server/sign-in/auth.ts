/**
 * Sign-in, by better-auth: passwords (argon2id), time-based codes, passkeys, OpenID Connect, sessions. It keeps its state in the member tables.
 *
 * Nobody signs up: members come in by an invitation, and an identity provider only opens the door to who is a member already.
 */
import { passkey } from "@better-auth/passkey";
import {
  type Db,
  member,
  memberPasskey,
  memberSession,
  memberSignIn,
  memberTwoFactor,
  memberVerification,
  signInThrottle,
} from "@tera/database";
import { type BetterAuthPlugin, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import type { OAuthProvider } from "better-auth/oauth2";
import { twoFactor } from "better-auth/plugins";
import { passwordLengthMax, passwordLengthMin } from "../../api/session.ts";
import { hashPassword, verifyPassword } from "./password.ts";

export const authPath = "/admin/auth";

const sessionDays = 7;
const daySeconds = 24 * 60 * 60;

export interface AuthOptions {
  db: Db;
  /** Signs sessions and encrypts the secrets of codes. */
  secret: string;
  /** Origin that browsers use: `https://tera.example.com`. */
  origin: string;
  /** The identity provider, where there is one. */
  oidc: OAuthProvider | undefined;
}

export type Auth = ReturnType<typeof createAuth>;

export function createAuth({ db, secret, origin, oidc }: AuthOptions) {
  return betterAuth({
    appName: "Tera",
    baseURL: origin,
    basePath: authPath,
    secret,
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: drizzleAdapter(db, {
      provider: "pg",
      schema: {
        member,
        memberSession,
        memberSignIn,
        memberVerification,
        twoFactor: memberTwoFactor,
        passkey: memberPasskey,
        signInThrottle,
      },
    }),
    user: { modelName: "member" },
    session: {
      modelName: "memberSession",
      expiresIn: sessionDays * daySeconds,
      updateAge: daySeconds,
    },
    account: {
      modelName: "memberSignIn",
      // Whoever the identity provider names is the member with that e-mail address, where both sides have verified it; later on, whoever it named then.
      accountLinking: { enabled: true, requireLocalEmailVerified: true },
    },
    verification: { modelName: "memberVerification" },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLengthMin,
      maxPasswordLength: passwordLengthMax,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    },
    rateLimit: {
      enabled: true,
      storage: "database",
      modelName: "signInThrottle",
      window: 60,
      max: 120,
      customRules: {
        "/sign-in/email": { window: 60, max: 10 },
        // Nothing can be guessed here, and a whole office may have one address.
        "/sign-in/social": { window: 60, max: 60 },
        "/two-factor/*": { window: 60, max: 10 },
        "/change-password": { window: 60, max: 5 },
      },
    },
    advanced: {
      // `__Host-`: only this origin, whole and over TLS (browsers count localhost as such).
      useSecureCookies: false,
      cookiePrefix: "__Host-tera",
      defaultCookieAttributes: { secure: true, httpOnly: true, sameSite: "strict", path: "/" },
      // Must come along when the identity provider sends somebody back, from its own site. It opens nothing.
      cookies: { state: { attributes: { sameSite: "lax" } } },
      // The server in front of us has looked at who asks; see request-headers.ts.
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
    },
    trustedOrigins: [origin],
    // What went wrong before it is known where it began.
    onAPIError: { errorURL: `${origin}/sign-in` },
    plugins: [
      twoFactor({ issuer: "Tera", schema: { twoFactor: { modelName: "twoFactor" } } }),
      passkey({ rpID: new URL(origin).hostname, rpName: "Tera", origin }),
      ...(oidc === undefined ? [] : [identityProvider(oidc)]),
    ],
  });
}

function identityProvider(provider: OAuthProvider): BetterAuthPlugin {
  return {
    id: "tera-identity-provider",
    init: ({ socialProviders }) => ({ context: { socialProviders: [provider, ...socialProviders] } }),
  };
}

/** Set by us alone, from what the connection and trusted proxies say; a client's own is dropped. */
export const clientAddressHeader = "x-tera-client-address";
