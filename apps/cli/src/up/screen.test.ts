import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type Ready, renderJsonLine, renderScreen } from "./screen.ts";

const ready: Ready = {
  api: "http://127.0.0.1:8787/v1",
  apiKey: "sk-tera-abc",
  model: { id: "it's/a-model", speaks: false },
  accountId: "acct_1",
  pids: { up: 1, gateway: 2 },
  readyMs: 1234,
  dataDirectory: "/data",
  redisUrl: "redis://:p@127.0.0.1:1",
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
    model: "it's/a-model",
    accountId: "acct_1",
    pids: { up: 1, gateway: 2 },
    readyMs: 1234,
  });
});

test("without a runner the model is null and the screen says how to attach one", () => {
  const waiting = { ...ready, model: null };
  expect(JSON.parse(renderJsonLine(waiting)).model).toBeNull();
  expect(renderScreen(waiting)).toContain("npm start -- --runner http://127.0.0.1:8000");
});
