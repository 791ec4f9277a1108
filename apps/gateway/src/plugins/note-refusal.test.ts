/** Which refusals are noted, and whose. */
import { createAddressList, invalidApiKey } from "@tera/access";
import type { Refusal } from "@tera/metering";
import { TeraError } from "@tera/protocol";
import { newPrincipal } from "@tera/testkit/principal";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { registerAuthentication } from "./authenticate.ts";
import { createBadKeyThrottle } from "./bad-key-throttle.ts";
import { registerErrorHandler } from "./error-handler.ts";
import { createNoteRefusal } from "./note-refusal.ts";

const principal = newPrincipal();
const elsewhere = newPrincipal({ keyId: "key_2", addresses: createAddressList(["192.0.2.1"]) });

function serve() {
  const noted: Refusal[] = [];
  const counted: string[] = [];
  const recall = (key: string | undefined) =>
    key === "known" ? principal : key === "elsewhere" ? elsewhere : undefined;
  const authenticator = {
    recall,
    authenticate(key: string | undefined) {
      const found = recall(key);
      if (found === undefined) throw invalidApiKey();
      return found;
    },
  };
  const app = Fastify({ genReqId: () => "req_test" });
  registerErrorHandler(
    app,
    createNoteRefusal({
      authenticator,
      refusalLog: { record: (refusal) => noted.push(refusal) },
      count: ({ code, fault }) => counted.push(`${fault} ${code}`),
    }),
  );
  app.get("/health", () => {
    throw new TeraError("draining", "Not now.");
  });
  app.register(async (keyed) => {
    registerAuthentication(keyed, { authenticator, throttle: createBadKeyThrottle() });
    keyed.post<{ Body: { ok: boolean; code?: "no_replica" | "rate_limit_exceeded" } }>("/v1/ask", (request) => {
      const { ok, code } = request.body;
      if (ok) return {};
      if (code !== undefined) throw new TeraError(code, "Not now.");
      throw new TeraError("insufficient_quota", "Too little credit.");
    });
  });
  const ask = (key: string, body: object, url = "/v1/ask") =>
    app.inject({ method: "POST", url, headers: { authorization: `Bearer ${key}` }, payload: body });
  return { app, noted, counted, ask };
}

test("a refusal is noted with its key, its model and what the client was told; a success is not", async () => {
  const { noted, ask } = serve();
  expect((await ask("known", { ok: true, model: "m" })).statusCode).toBe(200);
  expect(noted).toEqual([]);
  expect((await ask("known", { ok: false, model: "m" })).statusCode).toBe(402);
  expect(noted).toEqual([
    {
      requestId: "req_test",
      key: { accountId: "acct_1", keyId: "key_1" },
      model: "m",
      code: "insufficient_quota",
      message: "Too little credit.",
      atMs: expect.any(Number),
    },
  ]);
});

test("a key that is known is named where it did not get through: from a wrong address, at a wrong path", async () => {
  const { noted, ask } = serve();
  await ask("elsewhere", { ok: true, model: { not: "text" } });
  await ask("known", {}, "/v1/embeddings");
  expect(noted).toMatchObject([
    { code: "address_not_allowed", key: { keyId: "key_2" }, model: undefined },
    { code: "unsupported_endpoint", key: { keyId: "key_1" } },
  ]);
});

test("a key that is unknown stays without a name, and what is no request to the API is not noted", async () => {
  const { app, noted, ask } = serve();
  await ask("wrong", { model: "m" });
  await app.inject("/health");
  await app.inject("/wp-login.php");
  expect(noted).toMatchObject([{ code: "invalid_api_key", key: undefined }]);
});

test("each refusal is counted by its code and whose fault it was, but for limits, which are counted where they are looked at", async () => {
  const { counted, ask } = serve();
  await ask("known", { ok: true });
  await ask("known", { ok: false });
  await ask("unknown", { ok: true });
  await ask("known", { ok: true }, "/v1/nowhere");
  expect(counted.splice(0)).toEqual([
    "client insufficient_quota",
    "client invalid_api_key",
    "client unsupported_endpoint",
  ]);
  await ask("known", { ok: false, code: "no_replica" });
  expect(counted.splice(0)).toEqual(["gateway no_replica"]);
  await ask("known", { ok: false, code: "rate_limit_exceeded" });
  await ask("known", { ok: true }, "/health");
  expect(counted).toEqual([]);
});
