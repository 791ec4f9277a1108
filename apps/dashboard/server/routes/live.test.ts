import type { Readable } from "node:stream";
import { createAdminTokenStore } from "@tera/access";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { liveHistorySchema, liveSnapshotSchema } from "../../api/live.ts";
import { startTestDashboard } from "../../testing/dashboard.ts";

const dashboard = await startTestDashboard();
afterAll(() => dashboard.close());
afterEach(() => void vi.useRealTimers());
const tokens = createAdminTokenStore({ db: dashboard.db });

async function newToken(): Promise<{ id: string; token: string }> {
  const { summary, token } = await tokens.createToken({
    name: "test",
    role: "viewer",
    accountId: null,
    createdBy: "test",
    expiresAt: null,
  });
  return { id: summary.id, token };
}

async function watch(token: string): Promise<Readable> {
  const response = await dashboard.app.inject({
    method: "GET",
    url: "/admin/api/live",
    headers: { authorization: `Bearer ${token}` },
    payloadAsStream: true,
  });
  expect(response.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
  return response.stream().setEncoding("utf8");
}

/** The data of the first event of each name, once they have come. */
async function readEvents(stream: Readable, names: readonly string[]): Promise<unknown[]> {
  let text = "";
  for await (const chunk of stream) {
    text += chunk;
    const found = names.map((name) => new RegExp(`^event: ${name}\\ndata: (.*)\\n\\n`, "m").exec(text)?.[1]);
    if (found.every((data) => data !== undefined)) return found.map((data) => JSON.parse(data));
  }
  throw new Error(`the stream has ended: ${text}`);
}

test("an operator's viewer is sent the last hour, and then what workers and gateways are doing", async () => {
  const model = { id: "acme/m", created: 1, ownedBy: "acme", inputModalities: [], outputModalities: [], features: [] };
  dashboard.workers.push({
    version: 1,
    workerId: "w1",
    host: "gpu-1",
    startedAtMs: 1_000,
    draining: false,
    runners: [
      {
        id: "r1",
        kind: "http",
        engine: "vllm",
        state: "ejected",
        reason: "its generations failed",
        models: [{ ...model, samplingParameters: [] }],
        slots: 8,
        busy: 0,
      },
    ],
    gpus: [{ index: 0, name: "H200", memoryUsedMiB: 10 }],
  });
  const stream = await watch((await newToken()).token);
  const [history, snapshot] = await readEvents(stream, ["history", "snapshot"]);
  expect(liveHistorySchema.parse(history)).toMatchObject({ everyS: 20 });
  expect(liveSnapshotSchema.parse(snapshot)).toMatchObject({
    workers: [
      {
        id: "w1",
        runners: [{ id: "r1", state: "ejected", reason: "its generations failed", models: ["acme/m"], address: null }],
        gpus: [{ name: "H200", memoryUsedMiB: 10, powerW: null }],
      },
    ],
    // It takes no jobs.
    slots: { busy: 0, total: 0 },
    today: { charged: "0", requests: 0 },
  });
});

test("customers see nothing of it, nor does anybody who is not signed in", async () => {
  const customer = await dashboard.signIn("member", await dashboard.createAccount("own"));
  expect((await customer("GET", "/live")).status).toBe(403);
  expect((await dashboard.anybody("GET", "/live")).status).toBe(401);
});

test("the stream ends when the session does", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  const { id, token } = await newToken();
  const stream = await watch(token);
  const ended = new Promise((resolve) => stream.once("end", resolve));
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  vi.advanceTimersByTime(15_000);
  await vi.waitFor(() => expect(text).toContain(": keep-alive"));
  expect(stream.readableEnded).toBe(false);
  await tokens.revokeToken(id);
  vi.advanceTimersByTime(15_000);
  await ended;
});

test("who does not read is cut off", async () => {
  const host = "x".repeat(2_000_000);
  const worker = {
    version: 1,
    workerId: "w2",
    host,
    startedAtMs: 1_000,
    draining: false,
    runners: [],
    gpus: [],
  } as const;
  dashboard.workers.push({ ...worker, runners: [], gpus: [] });
  const stream = await watch((await newToken()).token);
  await vi.waitFor(() => expect(stream.destroyed || stream.readableAborted).toBe(true), { timeout: 15_000 });
});
