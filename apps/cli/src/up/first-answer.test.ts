import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { untilFirstAnswer } from "./first-answer.ts";
import { UpError } from "./up-error.ts";

const signal = new AbortController().signal;
const patient = { giveUp: async () => undefined, inMemory: [], signal };

/** A gateway that lists these models, and answers a request for one with the status that it is given. "hang": never. */
async function startGateway(models: readonly object[], answer: (model: string) => number | "hang" = () => 200) {
  const asked: string[] = [];
  async function generate(request: IncomingMessage): Promise<number | "hang"> {
    const { model } = z.object({ model: z.string() }).parse(await json(request));
    asked.push(model);
    return answer(model);
  }
  const server = createServer(async (request, response) => {
    if (request.url === "/v1/models") return response.end(JSON.stringify({ data: models }));
    const status = await generate(request);
    if (status !== "hang") response.writeHead(status).end(JSON.stringify({ error: { message: `status ${status}` } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, target: { api: `http://127.0.0.1:${port}/v1`, apiKey: "sk-tera-x" } };
}

const twenty = Array.from({ length: 20 }, (_, index) => ({ id: `m${index}` }));

test("of twenty models one is asked, the first", async () => {
  const { target, asked } = await startGateway(twenty);
  expect(await untilFirstAnswer(target, patient)).toEqual({ id: "m0", speaks: false, others: 19 });
  expect(asked).toEqual(["m0"]);
});

test("one that is in memory is asked before others", async () => {
  const { target, asked } = await startGateway(twenty);
  await untilFirstAnswer(target, { ...patient, inMemory: ["m7"] });
  expect(asked).toEqual(["m7"]);
});

test("a model that makes text is asked before one that speaks", async () => {
  const { target } = await startGateway([{ id: "voice", output_modalities: ["audio"] }, { id: "chat" }]);
  expect(await untilFirstAnswer(target, patient)).toMatchObject({ id: "chat" });
});

test("one that refuses to chat is left for the next; one that fails is tried twice", async () => {
  const status = new Map([
    ["embeddings", 400],
    ["too-large", 500],
  ]);
  const models = [{ id: "embeddings" }, { id: "too-large" }, { id: "good" }];
  const { target, asked } = await startGateway(models, (model) => status.get(model) ?? 200);
  expect(await untilFirstAnswer(target, patient)).toMatchObject({ id: "good" });
  expect(asked).toEqual(["embeddings", "too-large", "too-large", "good"]);
});

test("a stack that is not ready yet says nothing against the model", async () => {
  const statuses = [503, 503, 503, 200];
  const { target, asked } = await startGateway([{ id: "a" }, { id: "b" }], () => statuses.shift() ?? 200);
  await untilFirstAnswer(target, patient);
  expect(asked).toEqual(["a", "a", "a", "a"]);
});

test("giving up ends also a request that is under way", async () => {
  const { target, asked } = await startGateway(twenty, () => "hang");
  const problems: string[] = [];
  const giveUp = async (problem: string) => {
    problems.push(problem);
    return asked.length > 0 ? "enough" : undefined;
  };
  await expect(untilFirstAnswer(target, { ...patient, giveUp })).rejects.toThrow(new UpError("enough"));
  expect(problems.at(-1)).toBe("m0 has not answered yet");
});

test("the end of the command ends it", async () => {
  const ending = new AbortController();
  const { target } = await startGateway(twenty, () => {
    ending.abort(new Error("Ctrl-C"));
    return "hang";
  });
  await expect(untilFirstAnswer(target, { ...patient, signal: ending.signal })).rejects.toThrow("Ctrl-C");
});
