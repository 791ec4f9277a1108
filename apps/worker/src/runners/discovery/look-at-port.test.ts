import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Server } from "node:net";
import { startFakeRunner } from "@tera/testkit";
import { expect, it, onTestFinished } from "vitest";
import { lookAtPort } from "./look-at-port.ts";

const signal = new AbortController().signal;

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const listenHttp = (answer: RequestListener) => listen(createHttpServer(answer));

it("finds an engine, its version and its models", async () => {
  const fake = await startFakeRunner({ models: ["org/a", "org/b"] });
  onTestFinished(() => fake.close());
  const port = Number(new URL(fake.url).port);
  const models = ["org/a", "org/b"].map((id) => ({ id, isLoaded: true }));
  expect(await lookAtPort(port, signal)).toEqual({
    kind: "engine",
    port,
    url: fake.url,
    engine: "vllm",
    version: expect.stringMatching(/^\d+\.\d+/),
    models,
  });
});

it("tells which models an engine has in memory", async () => {
  const fake = await startFakeRunner({ dialect: "ollama", models: ["a:1b", "b:1b"] });
  onTestFinished(() => fake.close());
  expect(await lookAtPort(Number(new URL(fake.url).port), signal)).toMatchObject({
    engine: "ollama",
    models: [
      { id: "a:1b", isLoaded: true },
      { id: "b:1b", isLoaded: false },
    ],
  });
});

it("finds a llama.cpp server that loads its model still: its listing answers, all else is 503", async () => {
  const loading = JSON.stringify({ error: { code: 503, message: "Loading model", type: "unavailable_error" } });
  const port = await listenHttp((request, response) => {
    if (request.url === "/v1/models") response.end('{"object":"list","data":[{"id":"m","owned_by":"llamacpp"}]}');
    else response.writeHead(503).end(loading);
  });
  expect(await lookAtPort(port, signal)).toMatchObject({ kind: "engine", engine: "llamacpp", models: [{ id: "m" }] });
});

it("takes a server that is not ready for one that may become an engine", async () => {
  const port = await listenHttp((_request, response) => response.writeHead(503).end());
  expect(await lookAtPort(port, signal)).toEqual({ kind: "unready" });
});

it("finds nothing where nobody listens", async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  expect(await lookAtPort(port, signal)).toEqual({ kind: "nothing" });
});

it.each([
  [401, '{"error":{"message":"no key"}}'],
  [200, '{"object":"list","data":[{"id":"org/m","owned_by":"vllm"}]}'],
])("knows a gateway of Tera by its header, also with %i", async (status, body) => {
  const port = await listenHttp((_request, response) =>
    response.writeHead(status, { "x-tera-request-id": "r" }).end(body),
  );
  expect(await lookAtPort(port, signal)).toEqual({ kind: "tera" });
});

it.each<[string, RequestListener, RegExp]>([
  ["a web server", (_request, response) => response.end("<html>"), /no engine/],
  ["a server that knows no such page", (_request, response) => response.writeHead(404).end(), /404/],
  ["a server that wants a key", (_request, response) => response.writeHead(401).end(), /apiKey/],
  ["a server that hangs up", (request) => request.destroy(), /HTTP/],
])("takes %s for something else", async (_name, answer, what) => {
  expect(await lookAtPort(await listenHttp(answer), signal)).toMatchObject({
    kind: "other",
    what: expect.stringMatching(what),
  });
});

it("takes a server that does not speak HTTP for something else", async () => {
  const port = await listen(createServer((socket) => void socket.end("220 mail ready\r\n")));
  expect(await lookAtPort(port, signal)).toMatchObject({ kind: "other" });
});

it("does not read without end", async () => {
  const port = await listenHttp((_request, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024))) if (response.destroyed) return;
    };
    response.on("drain", more);
    more();
  });
  expect(await lookAtPort(port, signal)).toMatchObject({ kind: "other" });
});

it("does not wait for ever", async () => {
  const port = await listen(createServer(() => undefined));
  const giveUp = AbortSignal.timeout(20);
  expect(await lookAtPort(port, giveUp)).toEqual({ kind: "silent" });
});
