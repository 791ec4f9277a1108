/** The fixed engine as a Node server, see fixed-engine.ts. Tells its parent `{type: "ready", wholePort, streamPort}` and ends with it, or on SIGTERM. */
import { once } from "node:events";
import { createServer } from "node:http";
import { chatPath } from "../targets/target.ts";
import { modelsAnswer, streamedAnswer, versionAnswer, wholeAnswer } from "./fixed-answers.ts";

async function listen(contentType: string, answer: string): Promise<number> {
  const answers = new Map([
    [chatPath, { contentType, body: Buffer.from(answer) }],
    ["/v1/models", { contentType: "application/json", body: Buffer.from(modelsAnswer) }],
    ["/version", { contentType: "application/json", body: Buffer.from(versionAnswer) }],
    ["/health", { contentType: "text/plain", body: Buffer.alloc(0) }],
  ]);
  const server = createServer({ keepAliveTimeout: 300_000 }, (request, response) => {
    const found = answers.get(request.url ?? "");
    request.resume();
    if (found === undefined) response.writeHead(404, { "content-length": 0 }).end();
    else
      response
        .writeHead(200, { "content-type": found.contentType, "content-length": found.body.length })
        .end(found.body);
  });
  server.listen(0, "127.0.0.1", 4_096);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP listener has an address");
  return address.port;
}

const wholePort = await listen("application/json", wholeAnswer);
const streamPort = await listen("text/event-stream", streamedAnswer);
process.once("SIGTERM", () => process.exit(0));
process.once("disconnect", () => process.exit(0));
process.send?.({ type: "ready", wholePort, streamPort });
