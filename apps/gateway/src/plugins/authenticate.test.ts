/** Who passes: keys, where they come from, and proxies whose word is taken. */
import { createAddressList, invalidApiKey, type Principal } from "@tera/access";
import { newPrincipal } from "@tera/testkit/principal";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { registerAuthentication } from "./authenticate.ts";
import { createBadKeyThrottle } from "./bad-key-throttle.ts";
import { registerErrorHandler } from "./error-handler.ts";

const principal = newPrincipal();
const only = (...blocks: string[]): Principal => ({ ...principal, addresses: createAddressList(blocks) });

/** Knows `remembered` in memory, `stored` after a look-up, and no other key. */
function serve({ remembered = principal, proxies = [] as string[] } = {}) {
  const trusted = createAddressList(proxies);
  const app = Fastify({ trustProxy: (address) => trusted.has(address) });
  let lookups = 0;
  registerErrorHandler(app);
  registerAuthentication(app, {
    authenticator: {
      authenticate(apiKey) {
        if (apiKey === "remembered") return remembered;
        if (apiKey === undefined) throw invalidApiKey();
        lookups++;
        return apiKey === "stored" ? Promise.resolve(principal) : Promise.reject(invalidApiKey());
      },
      recall: (apiKey) => (apiKey === "remembered" ? remembered : undefined),
    },
    throttle: createBadKeyThrottle({ burst: 3, everyMs: 60_000 }),
  });
  app.get("/", (request) => ({ ip: request.ip }));
  async function ask(key: string | undefined, remoteAddress = "192.0.2.1", forwardedFor?: string) {
    const response = await app.inject({
      url: "/",
      remoteAddress,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }),
      },
    });
    const retryAfter = response.headers["retry-after"];
    return { status: response.statusCode, code: response.json().error?.code, ip: response.json().ip, retryAfter };
  }
  return { ask, lookups: () => lookups };
}

test("a key with an allow-list is used from an address on it, and from no other", async () => {
  const { ask } = serve({ remembered: only("192.0.2.0/24", "2001:db8::/32") });
  expect(await ask("remembered", "192.0.2.77")).toMatchObject({ status: 200 });
  expect(await ask("remembered", "::ffff:192.0.2.77")).toMatchObject({ status: 200 });
  expect(await ask("remembered", "2001:db8::1")).toMatchObject({ status: 200 });
  expect(await ask("remembered", "198.51.100.1")).toMatchObject({ status: 403, code: "address_not_allowed" });
});

test("only a trusted proxy's word for the address is taken", async () => {
  const { ask } = serve({ remembered: only("192.0.2.0/24"), proxies: ["10.0.0.0/8"] });
  expect(await ask("remembered", "198.51.100.1", "192.0.2.1")).toMatchObject({ status: 403 });
  expect(await ask("remembered", "10.1.1.1", "192.0.2.1")).toMatchObject({ status: 200, ip: "192.0.2.1" });
  expect(await ask("remembered", "::ffff:10.1.1.1", "192.0.2.1")).toMatchObject({ status: 200, ip: "192.0.2.1" });
  // What the client wrote itself stands before what the proxy saw.
  expect(await ask("remembered", "10.1.1.1", "192.0.2.1, 198.51.100.1")).toMatchObject({ status: 403 });
  expect(await ask("remembered", "10.1.1.1", "192.0.2.1, 10.2.2.2")).toMatchObject({ status: 200 });
});

test("after some wrong keys an address waits, without a look-up; keys in memory and other addresses do not", async () => {
  const { ask, lookups } = serve();
  for (let tries = 0; tries < 3; tries++) expect(await ask("wrong")).toMatchObject({ status: 401 });
  expect(await ask("wrong")).toMatchObject({ status: 429, code: "rate_limit_exceeded", retryAfter: "60" });
  expect(await ask("stored")).toMatchObject({ status: 429 });
  expect(lookups()).toBe(3);
  expect(await ask("remembered")).toMatchObject({ status: 200 });
  expect(await ask("stored", "192.0.2.2")).toMatchObject({ status: 200 });
});

test("who sends no key is told so, and is not taken for somebody who guesses", async () => {
  const { ask } = serve();
  for (let tries = 0; tries < 9; tries++) expect(await ask(undefined)).toMatchObject({ status: 401 });
  expect(await ask("stored")).toMatchObject({ status: 200 });
});
