import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { createLogger } from "@tera/telemetry";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, expect, test } from "vitest";
import { createOidcDiscovery } from "./oidc-discovery.ts";
import { createOidcProvider } from "./oidc-provider.ts";

const { publicKey, privateKey } = await generateKeyPair("RS256");
const foreign = await generateKeyPair("RS256");
const clientSecret = "a secret: with + and %";

/** What the provider says next. */
let idToken: (claims: JWTPayload) => Promise<string> | string = sign;
let userInformation: object = {};
let document: object = {};
const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const issuer = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
afterAll(() => server.close());

const good = { iss: issuer, aud: "tera", sub: "u1", nonce: "n1" };

test("whoever the provider names is known by id, address and whether it is verified; its tokens are not kept", async () => {
  const { tokens, person } = await signIn();
  expect(person?.user).toEqual({ name: "Ada", email: "ada@example.com", emailVerified: true });
  expect(person?.data).toMatchObject({ sub: "u1" });
  expect(Object.keys(tokens ?? {})).toEqual(["raw"]);
});

test.each([
  ["signed by somebody else", { idToken: (claims: JWTPayload) => sign(claims, foreign.privateKey) }],
  [
    "not signed at all",
    { idToken: (claims: JWTPayload) => new UnsecuredJWT(claims).setIssuedAt().setExpirationTime("5m").encode() },
  ],
  ["signed with the client's secret", { idToken: signWithSecret }],
  ["of another provider", { claims: { iss: "https://elsewhere.example" } }],
  ["for another client", { claims: { aud: "other" } }],
  ["made for another of its audiences", { claims: { aud: ["tera", "other"], azp: "other" } }],
  ["of another sign-in", { claims: { nonce: "n2" } }],
  ["without a nonce", { claims: { nonce: undefined } }],
  ["whose time is over", { claims: { exp: 1 } }],
])("an ID token %s opens nothing", async (_what, change) => {
  expect((await signIn(change)).person).toBeNull();
});

test("user information about somebody else than the ID token opens nothing", async () => {
  expect(
    (await signIn({ userInformation: { sub: "u2", email: "ada@example.com", email_verified: true } })).person,
  ).toBeNull();
});

test.each([
  ["false", false],
  ["true", true],
  [undefined, false],
  [1, false],
])("an address counts as verified only where the provider says so: %s", async (said, verified) => {
  const { person } = await signIn({ userInformation: { sub: "u1", email: "ada@example.com", email_verified: said } });
  expect(person?.user.emailVerified).toBe(verified);
});

test("a provider that goes by another name is not believed, and is asked again the next time", async () => {
  const discovery = createOidcDiscovery({ issuer });
  document = { issuer: "https://elsewhere.example" };
  await expect(discovery.find()).rejects.toThrow("set TERA_DASHBOARD_OIDC_ISSUER to that");
  document = {};
  expect((await discovery.find()).tokenEndpoint).toBe(`${issuer}/token`);
});

async function signIn(change: { claims?: JWTPayload; idToken?: typeof idToken; userInformation?: object } = {}) {
  idToken = () => (change.idToken ?? sign)({ ...good, ...change.claims });
  userInformation = change.userInformation ?? {
    sub: "u1",
    name: "Ada",
    email: "ada@example.com",
    email_verified: true,
  };
  const provider = createOidcProvider(
    { issuer, clientId: "tera", clientSecret, name: "test" },
    { discovery: createOidcDiscovery({ issuer }), log: createLogger({ name: "test", level: "silent" }) },
  );
  const tokens = await provider.validateAuthorizationCode({
    code: "c1",
    codeVerifier: "v1",
    redirectURI: "http://us/back",
  });
  return { tokens, person: await provider.getUserInfo({ ...tokens, expectedIdTokenNonce: "n1" }) };
}

function sign(claims: JWTPayload, key = privateKey): Promise<string> {
  return new SignJWT({ exp: Math.floor(Date.now() / 1_000) + 300, ...claims })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuedAt()
    .sign(key);
}

function signWithSecret(claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", kid: "k1" })
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(Buffer.from(clientSecret));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (content: object) => response.setHeader("content-type", "application/json").end(JSON.stringify(content));
  switch (request.url) {
    case "/.well-known/openid-configuration":
      return void send({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
        ...document,
      });
    case "/keys":
      return void send({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256" }] });
    case "/token": {
      const form = new URLSearchParams(await text(request));
      const credentials = Buffer.from(request.headers.authorization?.slice("Basic ".length) ?? "", "base64").toString();
      const isAsked =
        form.get("code") === "c1" &&
        form.get("code_verifier") === "v1" &&
        form.get("redirect_uri") === "http://us/back";
      if (!isAsked || credentials !== `tera:${encodeURIComponent(clientSecret)}`)
        return void response.writeHead(400).end();
      return void send({ access_token: "a1", token_type: "Bearer", id_token: await idToken({}) });
    }
    case "/userinfo":
      return void send(request.headers.authorization === "Bearer a1" ? userInformation : {});
    default:
      return void response.writeHead(404).end();
  }
}
