/** `tera up` with engines on this machine: the whole stack in child processes, fake engines on free ports that stand for the usual ones. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakeRunner } from "@tera/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { parseUpFlags } from "./flags.ts";
import { runUp } from "./up.ts";

const readySchema = z.object({
  api: z.string(),
  apiKey: z.string(),
  model: z.string().nullable(),
  attached: z.array(z.object({ engine: z.string(), url: z.string(), models: z.array(z.string()) })),
});

/** @param localPorts where engines are looked for. */
async function startUp(localPorts: readonly number[]) {
  const dataDir = await mkdtemp(join(tmpdir(), "tera-up-test-"));
  const [stdout, stderr] = [collect(), collect()];
  const ending = new AbortController();
  const flags = parseUpFlags(
    { port: "0", host: "127.0.0.1", dashboard: false, dashboardPort: "0", dataDir, json: true },
    "/",
  );
  const { PATH, HOME } = process.env;
  const config = { databaseUrl: undefined, redisUrl: undefined, secret: undefined, environment: { PATH, HOME } };
  const running = runUp(flags, config, { stdout, stderr, localPorts }, ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await running;
    await rm(dataDir, { recursive: true });
  });
  await Promise.race([running, vi.waitFor(() => expect(stdout.text()).toContain("\n"), { timeout: 50_000 })]);
  return { ready: readySchema.parse(JSON.parse(stdout.text())), noted: stderr.text };
}

function collect() {
  let text = "";
  return {
    write: (more: string) => (text += more),
    text: () => text,
  };
}

async function answers({ api, apiKey }: z.infer<typeof readySchema>, model: string): Promise<number> {
  const response = await fetch(`${api}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], max_tokens: 2 }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function startFake(options: Parameters<typeof startFakeRunner>[0]) {
  const fake = await startFakeRunner(options);
  onTestFinished(() => fake.close());
  return { url: fake.url, port: Number(new URL(fake.url).port) };
}

async function freePort(): Promise<number> {
  const fake = await startFakeRunner();
  await fake.close();
  return Number(new URL(fake.url).port);
}

test("engines that answer are attached instead of the demo model, and nothing else is", {
  timeout: 60_000,
}, async () => {
  const engine = await startFake({ models: ["org/first", "org/second"] });
  const webServer = createServer((_request, response) => response.end("<html>"));
  await new Promise<void>((resolve) => webServer.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void webServer.close());
  const { ready } = await startUp([engine.port, (webServer.address() as AddressInfo).port, await freePort()]);
  expect(ready).toMatchObject({
    model: "org/first",
    attached: [{ engine: "vllm", url: engine.url, models: ["org/first", "org/second"] }],
  });
  expect(await answers(ready, "org/second")).toBe(200);
  expect(await answers(ready, "tera/tera-nano")).toBe(404);
});

test("where none answers the demo model is served, and an engine that is started later is attached and named", {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  const { ready, noted } = await startUp([port]);
  expect(ready).toMatchObject({ model: "tera/tera-nano", attached: [] });
  await startFake({ models: ["org/late"], port });
  await vi.waitFor(() => expect(noted()).toMatch(new RegExp(`Found vLLM .* on port ${port}: org/late`)), {
    timeout: 10_000,
  });
  await vi.waitFor(async () => expect(await answers(ready, "org/late")).toBe(200), { timeout: 10_000 });
  expect(await answers(ready, "tera/tera-nano")).toBe(200);
});
