import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyStore } from "@tera/access";
import { afterAll, expect, test } from "vitest";
import { startTestDashboard } from "../../testing/dashboard.ts";

const asked: IncomingMessage[] = [];
/** Plays the gateway: a stream of one frame that never ends by itself for `/audio/speech`, and an answer for the rest. */
const gateway = createServer((request, response) => {
  asked.push(request);
  if (request.url === "/v1/audio/speech") {
    response.writeHead(200, { "content-type": "audio/wav", "x-request-id": "req_speech" });
    response.write("RIFF");
    return;
  }
  response.writeHead(request.url === "/v1/models" ? 200 : 402, {
    "content-type": "application/json",
    "x-request-id": "req_1",
    "set-cookie": "a=b",
  });
  response.end(JSON.stringify({ url: request.url }));
}).listen(0, "127.0.0.1");
await once(gateway, "listening");
const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;

const dashboard = await startTestDashboard({ gatewayUrl });
const own = await dashboard.createAccount("own");
const other = await dashboard.createAccount("other");
const customer = await dashboard.signIn("member", own);
const store = createKeyStore({ db: dashboard.db, secret: "s".repeat(32) });
afterAll(async () => {
  gateway.closeAllConnections();
  gateway.close();
  await dashboard.close();
});

test("a question goes to the gateway under a key of the account, and the answer comes back as it is", async () => {
  const answer = await customer("POST", `/playground/${own}/chat/completions`, { model: "m" });
  expect(answer).toMatchObject({ status: 402, body: { url: "/v1/chat/completions" } });
  expect(answer.headers).toMatchObject({ "x-request-id": "req_1" });
  expect(answer.headers["set-cookie"]).toBeUndefined();
  const authorization = asked.at(-1)?.headers.authorization ?? "";
  expect(authorization).toMatch(/^Bearer sk-tera-/);
  await customer("GET", `/playground/${own}/models`);
  expect(asked.at(-1)?.headers.authorization).toBe(authorization);
  const keys = await store.listKeys({ accountId: own, limit: 10 });
  expect(keys).toMatchObject([{ purpose: "playground", revokedAt: null }]);
  expect(keys[0]?.expiresAt?.getTime()).toBeGreaterThan(Date.now());
});

test("nobody asks in the name of an account of others, and viewers not at all", async () => {
  const before = asked.length;
  expect((await customer("POST", `/playground/${other}/chat/completions`, {})).status).toBe(404);
  const viewer = await dashboard.signIn("viewer");
  expect((await viewer("POST", `/playground/${own}/chat/completions`, {})).status).toBe(403);
  expect(asked).toHaveLength(before);
});

test("who leaves while the answer comes ends the request at the gateway", async () => {
  const address = await dashboard.app.listen({ host: "127.0.0.1", port: 0 });
  const token = await dashboard.tokenOf("member", own);
  const leaving = new AbortController();
  const answer = await fetch(`${address}/admin/api/playground/${own}/audio/speech`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
    signal: leaving.signal,
  });
  expect(answer.headers.get("x-request-id")).toBe("req_speech");
  const ended = once(asked.at(-1)?.socket ?? gateway, "close");
  leaving.abort();
  await ended;
});

test("the gateway that is away is told of in words", async () => {
  const away = await startTestDashboard();
  try {
    const account = await away.createAccount("a");
    const ask = await away.withToken("owner");
    expect(await ask("GET", `/playground/${account}/models`)).toMatchObject({
      status: 503,
      body: { error: { code: "unavailable", message: "The gateway does not answer. Is it running?" } },
    });
  } finally {
    await away.close();
  }
});
