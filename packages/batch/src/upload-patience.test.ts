import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createUploadPatience, type UploadPatience } from "./upload-patience.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, patience: UploadPatience) => void;

/** Node's own bound is so short that every upload here is over it. */
async function listen(silenceMs: number, handler: Handler) {
  const patience = createUploadPatience({ silenceMs });
  const server = createServer({ requestTimeout: 100, headersTimeout: 100, connectionsCheckingInterval: 20 });
  const overdue = new Promise<void>((resolve) =>
    server.on("clientError", (_cause, socket: Socket) => {
      resolve();
      if (!patience.isPatientWith(socket)) socket.end("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n");
    }),
  );
  server.on("request", (request, response) => handler(request, response, patience));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").setEncoding("utf8");
  socket.on("error", () => undefined);
  let answer = "";
  socket.on("data", (text) => {
    answer += text;
  });
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  const begin = (bytes: number) => socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes}\r\n\r\n`);
  return { socket, begin, overdue, answer: () => answer };
}

const countBytes: Handler = async (request, response, patience) => {
  const watched = patience.watch(request);
  let bytes = 0;
  for await (const piece of request) bytes += piece.length;
  watched.end();
  response.end(`${bytes} bytes`);
};

test("a file that comes slowly arrives, however long it takes", async () => {
  const { socket, begin, overdue, answer } = await listen(60_000, (...args) => void countBytes(...args));
  begin(3);
  socket.write("a");
  await overdue;
  socket.write("bc");
  await expect.poll(answer).toContain("3 bytes");
});

test("a file of which nothing more comes is given up", async () => {
  const { socket, begin } = await listen(100, (request, _response, patience) => {
    patience.watch(request);
    request.resume().on("error", () => undefined);
  });
  begin(3);
  socket.write("a");
  await once(socket, "close");
});

test("a body that is no file is cut off by the bound on a whole request", async () => {
  const { begin, answer } = await listen(60_000, (request) => void request.resume().on("error", () => undefined));
  begin(3);
  await expect.poll(answer).toContain("408");
});

test("what still comes of a file that was refused is read, so that its sender gets to the answer", async () => {
  const { socket, begin, answer } = await listen(60_000, (request, response, patience) => {
    const watched = patience.watch(request);
    request.once("data", () => {
      request.pause();
      watched.refuse();
      response.writeHead(400).end("refused");
    });
  });
  const bytes = 64 * 1_024 * 1_024;
  begin(bytes);
  // More than the buffers of both sides hold: without a reader this never ends.
  await new Promise<void>((resolve) => socket.write(Buffer.alloc(bytes), () => resolve()));
  await expect.poll(answer).toContain("refused");
});
