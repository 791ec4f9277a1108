import { createModelStore } from "@tera/access";
import { connectDatabase } from "@tera/database";
import { createPriceStore } from "@tera/metering";
import {
  connectBlockingRedis,
  connectRedis,
  type Invalidation,
  subscribeInvalidation,
  type WorkerPresence,
} from "@tera/queue";
import { createTestDatabase, createTestRedis } from "@tera/testkit";
import { newRunnerStatus, newServedModel } from "@tera/testkit/worker-state";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type RunOptions, runForTest } from "../../testing/run-cli.ts";
import { reportWorker } from "../../testing/workers.ts";

const [testDatabase, testRedis] = await Promise.all([createTestDatabase(), createTestRedis()]);
const environment = { DATABASE_URL: testDatabase.url, REDIS_URL: testRedis.url };
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createModelStore({ db: database.db });
const log = { info: () => undefined, warn: () => undefined };
const redis = connectRedis(testRedis.url, { name: "test", log });
await redis.connect();
const served = "Qwen/Qwen2.5-7B-Instruct";
let worker: WorkerPresence;
beforeAll(async () => {
  const runners = [
    newRunnerStatus("a", {
      models: [newServedModel(served, { contextLength: 32_768, features: ["tools", "logprobs"] })],
    }),
    newRunnerStatus("b", { models: [newServedModel(served, { contextLength: 16_384, features: ["tools"] })] }),
    newRunnerStatus("c", { models: [newServedModel(served, { contextLength: 1_024 })], state: "unhealthy" }),
  ];
  worker = await reportWorker(redis, "w1", { runners });
});
afterAll(async () => {
  await worker.stop();
  redis.disconnect();
  await database.close();
  await Promise.all([testDatabase.drop(), testRedis.stop()]);
});

const run = (args: string[], options: RunOptions = {}) => runForTest(["models", ...args], { environment, ...options });

const shownSchema = z.object({
  runners: z.array(z.object({ runnerId: z.string(), ready: z.boolean() })),
  fromRunners: z.looseObject({}).nullable(),
  operator: z.looseObject({}),
  result: z.looseObject({}),
});
async function show(id: string) {
  return shownSchema.parse(JSON.parse((await run(["show", id, "--json"])).stdout));
}

test("everything that can be set is set, shown and unset again", async () => {
  const id = "org/everything";
  const options = [
    ...["--name", "Everything", "--description", "All of it.", "--hugging-face-id", "org/weights", "--owned-by", "org"],
    ...["--context-length", "32768", "--max-output-length", "4096", "--input-modalities", "image,text"],
    ...["--output-modalities", "text", "--quantization", "fp8", "--features", "logprobs, tools"],
    ...["--reasoning-field", "both", "--always-listed"],
  ];
  const operator = {
    name: "Everything",
    description: "All of it.",
    huggingFaceId: "org/weights",
    ownedBy: "org",
    contextLength: 32_768,
    maxOutputLength: 4_096,
    inputModalities: ["text", "image"],
    outputModalities: ["text"],
    quantization: "fp8",
    features: ["tools", "logprobs"],
    reasoningField: "both",
    alwaysListed: true,
  };
  const set = await run(["set", id, ...options, "--json"]);
  expect(JSON.parse(set.stdout)).toEqual({ id, operator, gatewaysTold: true });
  expect(await store.findModel(id)).toMatchObject(operator);
  expect(await show(id)).toMatchObject({ runners: [], fromRunners: null, operator, result: operator });
  expect((await run(["show", id])).stdout).toContain("No runner serves it. Requests get 503, and it is listed all");

  const some = await run(["unset", id, "features", "always-listed", "--json"]);
  expect(JSON.parse(some.stdout)).toMatchObject({ unset: ["features", "alwaysListed"], gatewaysTold: true });
  expect((await run(["unset", id])).stdout).toContain("Nothing is set of it any more");
  expect(await store.findModel(id)).toBeUndefined();
});

test("show tells apart what the runners say, what was set, and what clients see", async () => {
  await run(["set", served, "--name", "Qwen 2.5", "--context-length", "8192"]);
  const { runners, ...shown } = await show(served);
  expect(runners).toMatchObject([
    { runnerId: "a", ready: true },
    { runnerId: "b", ready: true },
    { runnerId: "c", ready: false },
  ]);
  expect(shown).toMatchObject({
    fromRunners: { name: served, contextLength: 16_384, features: ["tools"] },
    operator: { name: "Qwen 2.5", contextLength: 8_192 },
    result: { name: "Qwen 2.5", contextLength: 8_192, maxOutputLength: 8_192, features: ["tools"] },
  });
  const { stdout } = await run(["show", served]);
  expect(stdout).toMatch(/^context-length +16384 +8192 +8192$/m);
  expect(stdout).toContain("Served by a on w1 (ready), b on w1 (ready), c on w1 (unhealthy).");
  for (const line of stdout.split("\n").slice(0, -1)) expect(line.length).toBeLessThanOrEqual(80);
  await run(["unset", served]);
});

test("the list has what nobody serves but somebody described, and says what was set by hand", async () => {
  await run(["set", "org/asleep", "--always-listed", "--features", "none"]);
  await run(["set", served, "--no-always-listed", "--quantization", "fp8"]);
  const { stdout } = await run(["list"], { columns: 120 });
  expect(stdout).toMatch(/^Qwen\/Qwen2.5-7B-Instruct +2\/3 .*quantization$/m);
  expect(stdout).toMatch(/^org\/asleep +0\/0 .*features, always-/m);
  expect(JSON.parse((await run(["list", "--json"])).stdout)).toMatchObject([
    { id: served, listed: true, set: ["quantization"] },
    { id: "org/asleep", listed: true, runners: 0, features: [], set: ["features", "alwaysListed"] },
  ]);
  await run(["unset", "org/asleep"]);
  await run(["unset", served]);
});

test("the list says what each model costs, and which have no price", async () => {
  const prices = createPriceStore({ db: database.db });
  await prices.addPrice({ model: served, inputNano: 150n, outputNano: 600n, author: "test" });
  await prices.addPrice({ model: "org/gratis", isFree: true, author: "test" });
  for (const id of ["org/gratis", "org/bare"]) await run(["set", id, "--name", "x"]);
  const { stdout } = await run(["list"], { columns: 160 });
  expect(stdout).toMatch(/^Qwen\/Qwen2.5-7B-Instruct .* \$0.15 in, \$0.6 out /m);
  expect(stdout).toMatch(/^org\/gratis .* free /m);
  expect(stdout).toMatch(/^org\/bare .* unpriced /m);
  expect(JSON.parse((await run(["list", "--json"])).stdout)).toContainEqual(
    expect.objectContaining({ id: served, price: expect.objectContaining({ input: "0.15", free: false }) }),
  );
  for (const id of ["org/gratis", "org/bare"]) await run(["unset", id]);
});

test("without Postgres what the workers report is listed all the same", async () => {
  const { exitCode, stdout, stderr } = await run(["list"], { environment: { REDIS_URL: testRedis.url } });
  expect(exitCode).toBe(0);
  expect(stdout).toContain(served);
  expect(stderr).toContain("DATABASE_URL");
});

test.for([
  { args: ["--features", "tolls"], said: 'no feature "tolls". Did you mean tools? Known: tools, json_mode' },
  { args: ["--features", "tools,"], said: 'no feature ""' },
  { args: ["--input-modalities", "video"], said: 'no input modality "video". Known: text, image, audio' },
  { args: ["--output-modalities", "none"], said: "no output modality" },
  { args: ["--context-length", "32k"], said: "whole number of tokens" },
  { args: ["--context-length", "0"], said: "whole number of tokens" },
  { args: ["--max-output-length", "1e9"], said: "whole number of tokens" },
  { args: ["--hugging-face-id", "Qwen"], said: "owner/name" },
  { args: ["--name", " "], said: "1 to 200 characters" },
  { args: ["--name", "two\nlines"], said: "one line" },
  { args: ["--reasoning-field", "thoughts"], said: "reasoning_content, reasoning, both" },
  { args: ["--name", "fine", "--context-length", "100", "--max-output-length", "101"], said: "does not fit" },
  { args: ["--feature", "tools"], said: "Did you mean --features?" },
  { args: [], said: "Nothing was named" },
])("a bad value is refused with what would be right, and nothing is written: $args", async ({ args, said }) => {
  const { exitCode, stdout, stderr } = await run(
    ["set", "org/refused", "--quantization", "fp8", ...args].filter((arg) => args.length > 0 || !/quant|fp8/.test(arg)),
  );
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(said);
  expect(await store.findModel("org/refused")).toBeUndefined();
});

test("an answer longer than the context that was set before is refused too", async () => {
  await run(["set", "org/lengths", "--context-length", "4096"]);
  expect((await run(["set", "org/lengths", "--max-output-length", "8192"])).stderr).toContain("Nothing was set");
  expect(await store.findModel("org/lengths")).toMatchObject({ maxOutputLength: null });
});

test("an id with spaces, and a field that does not exist, are refused", async () => {
  expect((await run(["set", "my model", "--name", "x"])).stderr).toContain("no spaces");
  const unknown = await run(["unset", served, "context-lenght"]);
  expect(unknown).toMatchObject({ exitCode: 1, stdout: "" });
  expect(unknown.stderr).toContain("Did you mean context-length?");
});

test("what is not set, and what nobody knows, is said with the nearest id", async () => {
  await run(["set", "org/known", "--name", "x"]);
  expect((await run(["unset", "org/knwon"])).stderr).toContain("Did you mean org/known?");
  expect((await run(["unset", "org/known", "features"])).stderr).toContain("Features of org/known is not set");
  expect((await run(["show", "Qwen/Qwen2.5-7B-Instrct"])).stderr).toContain(`Did you mean ${served}?`);
});

test("describing a model that no runner serves is done, and pointed out", async () => {
  const { exitCode, stderr } = await run(["set", "Qwen/Qwen2.5-7B-Instrcut", "--name", "x"]);
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`Did you mean ${served}?`);
});

test("set and unset tell the gateways", async () => {
  const heard: Invalidation[] = [];
  const subscription = await subscribeInvalidation({
    blockingRedis: connectBlockingRedis(testRedis.url, { name: "test", log }),
    onMessage: (message) => heard.push(message),
    onReconnect: () => undefined,
  });
  onTestFinished(() => subscription.stop());
  await run(["set", "org/told", "--name", "x"]);
  await expect.poll(() => heard).toEqual([{ type: "catalog" }]);
  await run(["unset", "org/told"]);
  await expect.poll(() => heard).toHaveLength(2);
});

test("without Redis a change is stored all the same, and it is said that gateways learn of it later", async () => {
  const away = { environment: { ...environment, REDIS_URL: "redis://127.0.0.1:1" } };
  const set = await run(["set", "org/untold", "--name", "x"], away);
  expect(set.exitCode).toBe(0);
  expect(set.stderr).toContain("It is stored. The gateways could not be told");
  expect(await store.findModel("org/untold")).toMatchObject({ name: "x" });
  const shown = await run(["show", "org/untold"], away);
  expect(shown).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("What the runners say is not shown") });
  // Nobody knows whether a runner serves it.
  expect(shown.stdout).not.toContain("No runner");
  expect((await run(["unset", "org/untold"], away)).stderr).toContain("could not be told");
  expect(await store.findModel("org/untold")).toBeUndefined();
});
