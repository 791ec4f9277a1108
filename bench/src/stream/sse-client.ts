/** One streamed chat answer, read as a client reads it: events parsed, contents counted, the end checked. */
import { type Agent, request as openRequest } from "node:http";
import { createSseParser } from "@tera/protocol";
import type { Endpoint } from "../targets/target.ts";

export interface StreamAnswer {
  /** From the sending of the request to the first event with content. */
  ttftMs: number;
}

export interface StreamRequest {
  endpoint: Endpoint;
  agent: Agent;
  prompt: string;
  /** As many events with content must come, one for each. */
  tokens: number;
  /** Hot path: an event with content. */
  onChunk(): void;
}

/** @throws when the answer is not complete, or not as long as it was asked to be. */
export function readStream({ endpoint, agent, prompt, tokens, onChunk }: StreamRequest): Promise<StreamAnswer> {
  const messages = [{ role: "user", content: prompt }];
  const body = Buffer.from(JSON.stringify({ model: endpoint.model, messages, max_tokens: tokens, stream: true }));
  const headers = { "content-type": "application/json", "content-length": body.length, ...endpoint.headers };
  return new Promise((resolve, reject) => {
    let chunks = 0;
    let ttftMs = 0;
    let done = false;
    const startedMs = performance.now();

    const parser = createSseParser((data) => {
      if (data === "[DONE]") done = true;
      // The first event says who speaks, the last one why it ended: neither is a token. A look, and no parse: the client must not be the bottleneck.
      else if (data.includes('"content":"') && !data.includes('"content":""')) {
        if (chunks++ === 0) ttftMs = performance.now() - startedMs;
        onChunk();
      } else if (data.startsWith('{"error"')) reject(new Error(data));
    });

    const request = openRequest(new URL(endpoint.url), { agent, method: "POST", headers }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`status ${response.statusCode}`));
        return;
      }
      response.on("data", (piece: Buffer) => parser.push(piece));
      response.once("close", () => {
        if (done && chunks === tokens) resolve({ ttftMs });
        else reject(new Error(`the stream ended after ${chunks} of ${tokens} tokens${done ? "" : ", without [DONE]"}`));
      });
    });
    request.once("error", reject);
    request.end(body);
  });
}
