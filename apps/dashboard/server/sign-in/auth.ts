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
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { genericOAuth, twoFactor } from "better-auth/plugins";
import { passwordLengthMax, passwordLengthMin } from "../../api/session.ts";
import { hashPassword, verifyPassword } from "./password.ts";

export const authPath = "/admin/auth";
export const oidcProviderId = "oidc";

const sessionDays = 7;
const daySeconds = 24 * 60 * 60;

export interface AuthOptions {
  db: Db;
  /** Signs sessions and encrypts the secrets of codes. */
  secret: string;
  /** Origin that browsers use: `https://tera.example.com`. */
  origin: string;
  oidc: OidcSettings | undefined;
}

export interface OidcSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  name: string;
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
      // An identity provider speaks for the e-mail addresses that it has verified.
      accountLinking: { enabled: true, trustedProviders: [oidcProviderId] },
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
        "/two-factor/*": { window: 60, max: 10 },
        "/change-password": { window: 60, max: 5 },
      },
    },
    advanced: {
      // `__Host-`: only this origin, whole and over TLS (browsers count localhost as such).
      useSecureCookies: false,
      cookies: Object.fromEntries(
        ["session_token", "session_data", "account_data", "dont_remember", "two_factor", "trust_device"].map((name) => [
          name,
          { name: `__Host-tera-${name}`, attributes: { secure: true, httpOnly: true, sameSite: "strict", path: "/" } },
        ]),
      ),
      // The server in front of us has looked at who asks; see request-headers.ts.
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
    },
    trustedOrigins: [origin],
    plugins: [
      twoFactor({ issuer: "Tera", schema: { twoFactor: { modelName: "twoFactor" } } }),
      passkey({ rpID: new URL(origin).hostname, rpName: "Tera", origin }),
      ...(oidc === undefined
        ? []
        : [
            genericOAuth({
              config: [
                {
                  providerId: oidcProviderId,
                  name: oidc.name,
                  discoveryUrl: `${oidc.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
                  requireIdTokenVerification: true,
                  clientId: oidc.clientId,
                  clientSecret: oidc.clientSecret,
                  scopes: ["openid", "email", "profile"],
                  pkce: true,
                  disableSignUp: true,
                },
              ],
            }),
          ]),
    ],
  });
}

/** Set by us alone, from what the connection and trusted proxies say; a client's own is dropped. */
export const clientAddressHeader = "x-tera-client-address";
