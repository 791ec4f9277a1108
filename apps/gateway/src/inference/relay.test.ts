/** The relay against real sockets. */
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { emptyUsage, TeraError } from "@tera/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { createChatStream } from "../dialects/openai-chat/stream.ts";
import { createSpeechAudio } from "../dialects/openai-speech/render.ts";
import { createRelay, type RelayOptions } from "./relay.ts";

const context = { requestId: "req_1", createdAtS: 1, reasoningField: "reasoning_content" as const };
const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(answer: (response: ServerResponse) => void): Promise<{ url: string; port: number }> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

function options(response: ServerResponse, early: TeraError[] = []): RelayOptions {
  return {
    response,
    headers: { "x-request-id": "req_1" },
    createRenderer: () => createChatStream(context, "m", false),
    onErrorBeforeFirstByte(error) {
      early.push(error);
      response.writeHead(error.status).end();
    },
  };
}

describe("the relay", () => {
  it("lets an error be an HTTP error while nothing was sent", async () => {
    const early: TeraError[] = [];
    const { url } = await serve((response) =>
      createRelay(options(response, early)).error(new TeraError("no_replica", "none")),
    );
    expect((await fetch(url)).status).toBe(503);
    expect(early).toHaveLength(1);
  });

  it("ends a stream that has begun with one error frame and no [DONE]", async () => {
    const { url } = await serve((response) => {
      const relay = createRelay(options(response));
      relay.deltas([{ index: 0, content: "Hi" }]);
      relay.error(new TeraError("worker_lost", "lost"));
    });
    const text = await (await fetch(url)).text();
    expect(text).toMatch(
      /data: \{"error":\{"message":"lost","type":"server_error","code":"worker_lost","param":null\}\}\n\n$/,
    );
    expect(text).not.toContain("[DONE]");
  });

  it("breaks off audio that fails, so that it cannot pass for whole", async () => {
    const { url } = await serve((response) => {
      const relay = createRelay({ ...options(response), createRenderer: () => createSpeechAudio("wav") });
      relay.deltas([{ index: 0, audio: Buffer.from("RIFF").toString("base64") }]);
      setTimeout(() => relay.error(new TeraError("worker_lost", "lost")), 20);
    });
    await expect((await fetch(url)).arrayBuffer()).rejects.toThrow();
  });

  it("sends a comment before 15 s of silence have passed, and not much before", async () => {
    const { url } = await serve((response) => {
      const relay = createRelay(options(response));
      relay.keepAlive(Date.now() + 13_900);
      expect(response.headersSent).toBe(false);
      relay.keepAlive(Date.now() + 14_001);
      relay.end(emptyUsage());
    });
    expect(await (await fetch(url)).text()).toBe(": keep-alive\n\ndata: [DONE]\n\n");
  });

  it("cuts off a client that never reads, after a bounded amount", async () => {
    const cut = new Promise<number>((resolve) => {
      void serve((response) => {
        const relay = createRelay(options(response));
        let written = 0;
        const content = "x".repeat(16 * 1_024);
        const timer = setInterval(() => {
          written += content.length;
          if (relay.deltas([{ index: 0, content }])) return;
          clearInterval(timer);
          resolve(written);
        }, 1);
      }).then(({ port }) => {
        const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
        socket.pause();
        cleanups.push(() => socket.destroy());
      });
    });
    // What the operating system buffers on loopback comes on top of our 256 KiB.
    expect(await cut).toBeLessThan(16 * 1_024 * 1_024);
  });
});
