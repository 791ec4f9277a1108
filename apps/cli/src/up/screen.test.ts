import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { LocalEngine, LocalPort } from "../engines/look-for-engines.ts";
import { type Ready, renderJsonLine, renderScreen } from "./screen.ts";

const ready: Ready = {
  api: "http://127.0.0.1:8787/v1",
  apiKey: "sk-tera-abc",
  dashboard: { url: "http://localhost:8788", signInLink: null },
  model: { id: "it's/a-model", speaks: false, others: 0 },
  accountId: "acct_1",
  pids: { up: 1, gateway: 2 },
  readyMs: 1234,
  dataDirectory: "/data",
  redisUrl: "redis://:p@127.0.0.1:1",
  plan: { runners: [], discover: false, engines: [], others: [] },
};
const ollama: LocalEngine = {
  kind: "engine",
  port: 11_434,
  url: "http://127.0.0.1:11434",
  engine: "ollama",
  title: "Ollama 0.12.3",
  models: [
    { id: "qwen3:8b", isLoaded: false },
    { id: "llama3.2:3b", isLoaded: true },
  ],
};

/** What a shell makes of the line that begins with `word`. */
function shellWords(screen: string, word: string): string[] {
  const line = stripVTControlCharacters(screen)
    .split("\n")
    .find((candidate) => candidate.startsWith(word));
  return spawnSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" })
    .stdout.trim()
    .split("\n");
}

test("the curl line survives a shell, whatever the model is called", () => {
  const words = shellWords(renderScreen(ready), "curl");
  expect(words.slice(0, 2)).toEqual(["curl", "http://127.0.0.1:8787/v1/chat/completions"]);
  expect(words).toContain("Authorization: Bearer sk-tera-abc");
  expect(JSON.parse(words.at(-1) ?? "")).toEqual({
    model: "it's/a-model",
    messages: [{ role: "user", content: "Hello!" }],
  });
});

test("the JSON line has the promised fields and no more", () => {
  expect(JSON.parse(renderJsonLine(ready))).toEqual({
    ready: true,
    api: "http://127.0.0.1:8787/v1",
    apiKey: "sk-tera-abc",
    dashboard: { url: "http://localhost:8788", signInLink: null },
    model: "it's/a-model",
    accountId: "acct_1",
    pids: { up: 1, gateway: 2 },
    readyMs: 1234,
    attached: [],
  });
});

test("what was found is named, and no line is wider than a terminal", () => {
  const found = {
    ...ready,
    model: { id: "llama3.2:3b", speaks: false, others: 1 },
    plan: { ...ready.plan, discover: true, engines: [ollama] },
  };
  expect(JSON.parse(renderJsonLine(found)).attached).toEqual([
    { engine: "ollama", url: "http://127.0.0.1:11434", models: ["qwen3:8b", "llama3.2:3b"] },
  ]);
  const screen = stripVTControlCharacters(renderScreen(found));
  expect(screen).toContain("Engine    Ollama 0.12.3 on port 11434\n");
  expect(screen).toContain("llama3.2:3b and 1 more");
  expect(screen).not.toContain("demo model");
});

test("when no engine was found the screen says what is served instead, what answers, and what to do", () => {
  const key: LocalPort = {
    kind: "other",
    port: 8_000,
    what: "wants a key: if it is an engine, name it with its apiKey",
  };
  const others = [key, { ...ollama, models: [] }];
  const searched = { ...ready, plan: { ...ready.plan, discover: true, others } };
  const screen = stripVTControlCharacters(renderScreen(searched));
  expect(screen).toMatch(/No engine .* demo model/s);
  expect(screen).toContain("  Port 8000 wants a key");
  expect(screen).toContain("  Port 11434 is Ollama 0.12.3, which has no model yet.");
  for (const line of screen.split("\n")) if (!line.startsWith("curl")) expect(line.length).toBeLessThanOrEqual(80);
  expect(renderScreen(ready)).not.toContain("demo model");
});

test("without a runner the model is null and the screen says how to attach one", () => {
  const waiting = { ...ready, model: null };
  expect(JSON.parse(renderJsonLine(waiting)).model).toBeNull();
  expect(renderScreen(waiting)).toContain("npm start -- --runner http://127.0.0.1:8000");
});

test("the link for the first owner is shown whole, and only while nobody can sign in", () => {
  const signInLink = `http://localhost:8788/invite#${"x".repeat(43)}`;
  const lines = (one: Ready) => stripVTControlCharacters(renderScreen(one)).split("\n");
  expect(lines({ ...ready, dashboard: { url: "http://localhost:8788", signInLink } })).toContain(signInLink);
  expect(lines(ready).join("\n")).not.toContain("invite");
});
