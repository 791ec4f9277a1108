import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { startFakeRunner } from "@tera/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { detectEngine } from "./detect.ts";
import { isOwnNetwork } from "./own-network.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const signal = new AbortController().signal;

async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the detection of an engine", () => {
  it.each([
    ["vllm", "vllm", /^\d+\.\d+/],
    ["sglang", "sglang", /^\d+\.\d+/],
    ["llamacpp", "llamacpp", /^b\d+/],
    ["tgi", "tgi", /^\d+\.\d+/],
    ["ollama", "ollama", /^\d+\.\d+/],
    ["lmstudio", "lmstudio", undefined],
    ["trtllm", "tensorrt-llm", /^\d+\.\d+/],
    ["kokoro", "kokoro", undefined],
    ["speaches", "speaches", undefined],
    ["generic", "openai", undefined],
  ] as const)(
    "knows a server that speaks as %s does, and its version where it is told",
    async (dialect, name, version) => {
      const fake = await startFakeRunner({ dialect });
      cleanups.push(() => fake.close());
      const found = await detectEngine({ baseUrl: `${fake.url}/v1`, signal });
      expect(found?.profile.name).toBe(name);
      if (version === undefined) expect(found?.version).toBeUndefined();
      else expect(found?.version).toMatch(version);
    },
  );

  it("takes the operator's word, and still asks for the version", async () => {
    const fake = await startFakeRunner({ dialect: "vllm" });
    cleanups.push(() => fake.close());
    expect((await detectEngine({ baseUrl: fake.url, signal, engine: "sglang" }))?.profile.name).toBe("sglang");
    expect(await detectEngine({ baseUrl: fake.url, signal, engine: "vllm" })).toMatchObject({
      version: expect.any(String),
    });
  });

  it.each<[string, RequestListener]>([
    [
      "answers every path with a page",
      (_request, response) => response.setHeader("content-type", "text/html").end("<html>"),
    ],
    [
      "answers every path with some JSON",
      (_request, response) => response.end('{"data": [], "version": "1.0", "status": "ok"}'),
    ],
    ["answers every path with JSON that is no object", (_request, response) => response.end("[1]")],
    ["wants a key for everything", (_request, response) => response.writeHead(401).end('{"error": "no"}')],
    ["has none of the pages", (_request, response) => response.writeHead(404).end()],
    ["hangs up", (request) => request.destroy()],
    [
      "sends a page without end",
      (_request, response) => {
        response.on("error", () => undefined);
        const chunk = Buffer.alloc(1_024 * 1_024, "a");
        const fill = () => {
          if (response.destroyed) return;
          while (response.write(chunk));
          response.once("drain", fill);
        };
        fill();
      },
    ],
  ])("finds no engine in a server that %s", async (_name, answer) => {
    expect(await detectEngine({ baseUrl: await startServer(answer), signal })).toBeUndefined();
  });

  it("finds no engine where nothing listens", async () => {
    const fake = await startFakeRunner();
    await fake.close();
    expect(await detectEngine({ baseUrl: fake.url, signal })).toBeUndefined();
  });

  it("does not wait for a page that never comes", async () => {
    const url = await startServer((request, response) => {
      if (request.url === "/v1/models") response.end('{"object": "list", "data": [{"id": "m"}]}');
    });
    expect((await detectEngine({ baseUrl: url, signal }))?.profile.name).toBe("openai");
  });
});

it.each([
  ["http://127.0.0.1:8000", true],
  ["http://[::1]:8000", true],
  ["http://10.1.2.3:8000", true],
  ["http://100.100.1.2", true],
  ["http://gpu-box:8000", true],
  ["https://vllm.ml.svc.cluster.local", true],
  ["https://api.openai.com/v1", false],
  ["https://8.8.8.8", false],
])("tells whether %s is on the operator's own network: %s", (url, own) => {
  expect(isOwnNetwork(url)).toBe(own);
});
