/** The operator describes models, and every gateway tells clients what the operator and the replicas say together. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { model as modelTable } from "@tera/database";
import { triggers } from "@tera/testkit";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ gateways: 2, workers: 2, fakeRunners: 2 });
const { model } = stack;
const cli = fileURLToPath(new URL("../apps/cli/src/main.ts", import.meta.url));
const execute = promisify(execFile);
/** For what has to come, with nothing said about when. */
const patiently = { interval: 20, timeout: 10_000 };

/** `tera models ...`, as an operator types it. */
async function models(...args: string[]): Promise<unknown> {
  const { stdout } = await execute(process.execPath, [cli, "models", ...args, "--json"], {
    env: { PATH: process.env["PATH"], DATABASE_URL: stack.databaseUrl, REDIS_URL: stack.redisUrl },
  });
  return JSON.parse(stdout);
}
afterEach(async () => {
  const described = await stack.database.db.select({ id: modelTable.id }).from(modelTable);
  for (const { id } of described) await models("unset", id);
});

const clientOf = (url: string, apiKey = stack.apiKey) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
const clients = stack.gateways.map(({ url }) => clientOf(url));
const question = [{ role: "user" as const, content: "hi" }];

/** The listing of each gateway, by id. */
async function listings(apiKey = stack.apiKey) {
  return Promise.all(
    stack.gateways.map(async ({ url }) => {
      const { data } = await clientOf(url, apiKey).models.list();
      return new Map(data.map((entry) => [entry.id, entry]));
    }),
  );
}

test("what is set shows on every gateway within a second, and so does its end", async () => {
  const before = (await listings()).map((listing) => listing.get(model));
  expect(before[0]).toMatchObject({
    object: "model",
    name: model,
    supported_features: expect.arrayContaining(["tools"]),
  });
  expect(before[1]).toEqual(before[0]);

  await models("set", model, "--name", "Echo 1B", "--context-length", "4096", "--features", "tools,reasoning");
  const changed = {
    name: "Echo 1B",
    context_length: 4_096,
    max_output_length: 4_096,
    supported_features: ["tools", "reasoning"],
  };
  const options = { interval: 10, timeout: 1_000 };
  const current = async () => (await listings()).map((listing) => listing.get(model));
  await expect.poll(current, options).toMatchObject([changed, changed]);

  await models("unset", model);
  await expect.poll(current, options).toEqual(before);
});

test("of two replicas the listing promises what both have", async () => {
  await stack.runners[1]?.control({ maxModelLen: 2_048 });
  const lengths = async () => (await listings()).map((listing) => listing.get(model));
  const smaller = { context_length: 2_048, max_output_length: 2_048 };
  await expect.poll(lengths, patiently).toMatchObject([smaller, smaller]);
});

test("a model that is always listed answers 503 while nobody serves it, and an unknown one 404", async () => {
  const id = "org/asleep";
  const codes = () =>
    Promise.all(
      clients.map((client) =>
        client.chat.completions.create({ model: id, messages: question }).catch((error: unknown) => error),
      ),
    );
  const unknown = { status: 404, code: "model_not_found" };
  expect(await codes()).toMatchObject([unknown, unknown]);

  await models("set", id, "--always-listed", "--context-length", "8192");
  await expect.poll(async () => (await listings()).map((listing) => listing.has(id)), patiently).toEqual([true, true]);
  const refused = await codes();
  expect(refused).toMatchObject([
    { status: 503, code: "no_replica" },
    { status: 503, code: "no_replica" },
  ]);
  for (const error of refused) {
    if (!(error instanceof OpenAI.APIError)) throw new Error("not refused");
    expect(Number(error.headers?.get("retry-after"))).toBeGreaterThan(0);
  }
  expect(await clients[0]?.models.retrieve(id)).toMatchObject({ id, context_length: 8_192 });

  await models("unset", id);
  await expect.poll(codes, patiently).toMatchObject([unknown, unknown]);
});

test("a key for some models sees only those, also of those that are always listed", async () => {
  await models("set", "org/one", "--always-listed");
  await models("set", "org/two", "--always-listed");
  const { apiKey } = await stack.keys.createKey({
    accountId: stack.accountId,
    name: "scoped",
    modelScope: ["org/one", model],
  });
  await expect
    .poll(async () => (await listings(apiKey)).map((listing) => [...listing.keys()]), patiently)
    .toEqual([
      [model, "org/one"],
      [model, "org/one"],
    ]);
});

test("reasoning goes under the name that was chosen, whole and streamed", async () => {
  const asked = { model, messages: [{ role: "user" as const, content: triggers.reason }], seed: 1 };
  const [client] = clients;
  if (client === undefined) throw new Error("no gateway");
  const named = async () => {
    const answer = await client.chat.completions.create(asked);
    const stream = await client.chat.completions.create({ ...asked, stream: true });
    const deltas = (await Array.fromAsync(stream)).flatMap(({ choices }) => choices.map(({ delta }) => delta));
    const keys = [answer.choices[0]?.message ?? {}, Object.assign({}, ...deltas)].map((message) =>
      Object.keys(message)
        .filter((key) => key.startsWith("reasoning"))
        .sort(),
    );
    expect(keys[0]).toEqual(keys[1]);
    return keys[0];
  };
  expect(await named()).toEqual(["reasoning_content"]);
  await models("set", model, "--reasoning-field", "both");
  await expect.poll(named, patiently).toEqual(["reasoning", "reasoning_content"]);
  await models("set", model, "--reasoning-field", "reasoning");
  await expect.poll(named, patiently).toEqual(["reasoning"]);
});

test("what the operator says that a model cannot do is refused before it reaches an engine", async () => {
  const parameters = { type: "object", properties: {} };
  const tools = [{ type: "function" as const, function: { name: "f", parameters } }];
  const asked = { model, messages: question, tools };
  await clients[0]?.chat.completions.create(asked);
  await models("set", model, "--features", "none");
  const refusal = () => clients[0]?.chat.completions.create(asked).catch((error: unknown) => error);
  await expect.poll(refusal, patiently).toMatchObject({ status: 400, code: "unsupported_parameter", param: "tools" });
  await clients[0]?.chat.completions.create({ model, messages: question });
});
