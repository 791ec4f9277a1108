/**
 * A worker on another host: it reaches nothing but Redis, over TLS under a private CA, as a user of its own (infra/redis). What it needs is
 * allowed, and a stolen password opens no more than that.
 */
import { readFile } from "node:fs/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { askRunnerAction, askRunnerLogs, connectRedis, keys, type Redis, readWorkerStates } from "@tera/queue";
import { createTestDatabase, expectedChat, startStack } from "@tera/testkit";
import OpenAI from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { startTlsRedis } from "./support/tls-redis.ts";
import { usageRows } from "./support/usage-rows.ts";
import { useStack } from "./support/use-stack.ts";

const model = "fake/model-a";
const otherModel = "fake/model-b";
const redis = await startTlsRedis({ "worker-1": [model], "worker-2": [] });
if (redis === undefined) console.warn("skipped: this machine's Redis has no TLS, or no ACL selectors (7.0)");

describe.skipIf(redis === undefined)("a worker that reaches only Redis, over TLS, as its own user", async () => {
  if (redis === undefined) return;
  // NODE_EXTRA_CA_CERTS is read when a process starts: the apps get it from their environment, this process so.
  setDefaultCACertificates([...getCACertificates("default"), await readFile(redis.caFile, "utf8")]);
  const stack = await useStack({
    fakeRunners: 2,
    runner: { models: [model] },
    services: {
      createDatabase: createTestDatabase,
      createRedis: async () => ({ url: redis.urls.gateway, pid: redis.pid, stop: redis.stop }),
    },
    env: {
      gateway: { NODE_EXTRA_CA_CERTS: redis.caFile },
      worker: { NODE_EXTRA_CA_CERTS: redis.caFile, REDIS_URL: redis.urls.worker("worker-1") },
    },
  });

  test("answers a stream and a whole request, and its usage is settled", async () => {
    const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
    const body = { model, messages: [{ role: "user" as const, content: "Are you far away?" }], max_tokens: 40 };
    const expected = expectedChat(body).choices[0]?.content;
    let streamed = "";
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? "";
    }
    expect(streamed).toBe(expected);
    expect((await client.chat.completions.create(body)).choices[0]?.message.content).toBe(expected);
    expect(await usageRows(stack, 2)).toMatchObject([{ status: "succeeded" }, { status: "succeeded" }]);
  });

  test("tries again on its other runner, and takes a failing one out", async () => {
    const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
    const body = { model, messages: [{ role: "user" as const, content: "Once more." }], max_tokens: 5 };
    const [bad] = stack.runners;
    await bad?.control({ faults: [{ kind: "status", status: 500 }] });
    await expect
      .poll(async () => {
        const answer = await client.chat.completions.create(body);
        expect(answer.choices[0]?.message.content).toBe(expectedChat(body).choices[0]?.content);
        return (await runnerStates()).includes("ejected");
      })
      .toBe(true);
    for (const runner of stack.runners) await runner.control({ faults: [{ kind: "status", status: 500 }] });
    await expect(client.chat.completions.create(body)).rejects.toThrow();
    for (const runner of stack.runners) await runner.control({ faults: null });
    await expect.poll(runnerStates, { timeout: 30_000 }).toEqual(["ready", "ready"]);
  });

  test("tells a runner's log lines to who asks through a gateway's user", async () => {
    const question = { workerId: "worker-1", runnerId: "runner-1", linesMax: 10, timeoutMs: 10_000 };
    expect(await askRunnerLogs(await connectAs(redis.urls.gateway), question)).toBeDefined();
  });

  test("does what who asks through a gateway's user wants of a runner", async () => {
    const gateway = await connectAs(redis.urls.gateway);
    const ask = (action: "drain" | "resume") =>
      askRunnerAction(gateway, { workerId: "worker-1", runnerId: "runner-1", action, timeoutMs: 10_000 });
    expect(await ask("drain")).toMatchObject({ outcome: "accepted" });
    expect(await ask("resume")).toMatchObject({ outcome: "accepted" });
  });

  test("stops a generation that its client has left", async () => {
    const client = new OpenAI({ apiKey: stack.apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
    for (const runner of stack.runners) await runner.control({ msPerToken: 50 });
    const stream = await client.chat.completions.create({
      ...{ model, max_tokens: 2_000, stream: true },
      messages: [{ role: "user", content: "Go on for ever." }],
    });
    // Longer than the second after which a worker looks whether its gateways are alive.
    let deltas = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++deltas === 30) break;
    const running = async () =>
      (await Promise.all(stack.runners.map((runner) => runner.report()))).map((r) => r.running);
    await expect.poll(running).toEqual([0, 0]);
  });

  test("needs nothing that its user may not do, from its start to its end", async () => {
    await stack.workers[0]?.process.stop();
    const admin = await connectAs(redis.urls.admin);
    expect(await admin.call("ACL", "LOG")).toEqual([]);
  });

  test("does not start without the CA's certificate", async () => {
    const start = startStack({
      ...{ gateways: 0, fakeRunners: 0 },
      services: {
        createDatabase: createTestDatabase,
        createRedis: async () => ({ url: redis.urls.worker("worker-1"), pid: redis.pid, stop: async () => undefined }),
      },
    });
    await expect(start).rejects.toThrow(/Redis cannot be reached .*certificate/);
  });

  describe("a stolen password", () => {
    const gatewayId = "gateway-1";
    const foreignLane = keys.lane(otherModel, "normal");
    const usage = JSON.stringify({ forged: true });
    const forbidden: string[][] = [
      // The server.
      ...["FLUSHALL", "FLUSHDB", "SHUTDOWN", "MONITOR", "SAVE", "BGREWRITEAOF", "DBSIZE", "RANDOMKEY", "ROLE"].map(
        (c) => [c],
      ),
      ["CONFIG", "GET", "*"],
      ["CONFIG", "SET", "maxmemory", "1"],
      ["KEYS", "*"],
      ["SCAN", "0"],
      ["ACL", "LIST"],
      ["ACL", "SETUSER", "worker-worker-1", "+@all"],
      ["CLIENT", "LIST"],
      ["CLIENT", "TRACKING", "ON", "BCAST"],
      ["CLIENT", "KILL", "TYPE", "normal"],
      ["REPLICAOF", "localhost", "1"],
      ["SLOWLOG", "GET"],
      ["SCRIPT", "FLUSH"],
      ["SCRIPT", "KILL"],
      ["FUNCTION", "FLUSH"],
      ["MODULE", "LIST"],
      ["SWAPDB", "0", "1"],
      // Other workers.
      ["DEL", keys.workers],
      ["ZRANGE", keys.gateways, "0", "-1"],
      ["HSET", keys.workerState("worker-2"), "state", "{}"],
      ["DEL", keys.workerState("worker-2")],
      ["XREAD", "STREAMS", keys.control("worker-2"), "0"],
      ["XADD", keys.control("worker-2"), "*", "message", "{}"],
      ["XREAD", "STREAMS", keys.workerLane("worker-2"), "0"],
      ["XADD", keys.workerLane("worker-2"), "*", "job", "{}"],
      // Models that are not its own.
      ["XREADGROUP", "GROUP", "workers", "worker-1", "STREAMS", foreignLane, ">"],
      ["XGROUP", "CREATE", foreignLane, "spy", "0", "MKSTREAM"],
      ["XAUTOCLAIM", foreignLane, "workers", "worker-1", "0", "0"],
      ["XADD", foreignLane, "*", "job", "{}"],
      ["XDEL", foreignLane, "0-1"],
      // Answers, usage and life of gateways: it writes the first two, and reads or removes none.
      ["XREAD", "STREAMS", keys.reply(gatewayId), "0"],
      ["XRANGE", keys.usage(gatewayId), "-", "+"],
      ["XREAD", "STREAMS", keys.usage(gatewayId), "0"],
      ["XDEL", keys.usage(gatewayId), "0-1"],
      ["XTRIM", keys.usage(gatewayId), "MAXLEN", "0"],
      ["DEL", keys.reply(gatewayId)],
      ["SET", keys.alive(gatewayId), "1"],
      ["DEL", keys.alive(gatewayId)],
      ["PEXPIRE", keys.usage(gatewayId), "1"],
      ["RENAME", keys.usage(gatewayId), "tera:{w:worker-1}:mine"],
      ["COPY", keys.usage(gatewayId), "tera:{w:worker-1}:mine"],
      // Listening, and keys and channels that are not Tera's.
      ["SUBSCRIBE", keys.invalidate],
      ["PSUBSCRIBE", "*"],
      ["PUBLISH", "other", "x"],
      ["GET", "other"],
      ["SET", "other", "x"],
      // A script may do no more than its caller.
      ["EVAL", "return redis.call('FLUSHALL')", "0"],
      ["EVAL", `return redis.call('XRANGE', '${keys.usage(gatewayId)}', '-', '+')`, "0"],
      ["EVAL", "return redis.call('XRANGE', KEYS[1], '-', '+')", "1", keys.usage(gatewayId)],
    ];

    test.each(forbidden.map((words) => ({ words, name: words.join(" ").slice(0, 80) })))(
      "cannot $name",
      async ({ words }) => {
        const thief = await connectAs(redis.urls.worker("worker-1"));
        const [command = "", ...rest] = words;
        await expect(thief.call(command, ...rest)).rejects.toThrow(
          /NOPERM|ACL failure in script|can't run this command/,
        );
      },
    );

    test("cannot log in as another, or without a password", async () => {
      const stranger = new URL(redis.urls.worker("worker-1"));
      stranger.username = "gateway";
      await expect(connectAs(stranger.href)).rejects.toThrow();
      const anonymous = new URL(`rediss://localhost:${stranger.port}`);
      await expect(connectAs(anonymous.href)).rejects.toThrow();
    });

    test("can do these, which docs/operate.md says", async () => {
      const thief = await connectAs(redis.urls.worker("worker-1"));
      expect(await thief.info("server")).toContain("redis_version");
      expect(await thief.xadd(keys.usage("gateway-x"), "*", "usage", usage)).toMatch(/-/);
      expect(await thief.publish(keys.invalidate, "{}")).toBeGreaterThanOrEqual(1);
      expect(await thief.get(keys.alive(gatewayId))).not.toBeNull();
      // Whether another worker serves a model too: asked when a runner is slow.
      expect(await readWorkerStates(thief)).toEqual([]);
    });
  });

  async function runnerStates(): Promise<string[]> {
    const states = await readWorkerStates(await connectAs(redis?.urls.admin ?? ""));
    return states.flatMap(({ runners }) => runners.map(({ state }) => state));
  }

  async function connectAs(url: string): Promise<Redis> {
    const connection = connectRedis(url, { name: "test", log: { info: () => undefined, warn: () => undefined } });
    onTestFinished(() => connection.disconnect());
    await connection.connect();
    return connection;
  }
});
