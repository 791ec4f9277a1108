import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

test("as a process it says when it is ready, obeys its flags, and ends with its parent's channel", async () => {
  const child = spawn(process.execPath, [program, "--models", "x/y,z", "--ttft-ms", "1.5"], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [message] = await once(child, "message");
  expect(message).toMatchObject({ type: "ready", url: expect.stringMatching(/^http:/) });
  const settings = await (await fetch(`${message.url}/_control`)).json();
  expect(settings).toMatchObject({ models: ["x/y", "z"], ttftMs: 1.5 });
  child.disconnect();
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("as a process it can be made to die in the middle of an answer", async () => {
  const child = spawn(process.execPath, [program, "--faults", '[{"kind": "exit", "afterTokens": 2}]'], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const [{ url }] = await once(child, "message");
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ role: "user", content: "Go on." }], stream: true }),
  });
  await expect(response.text()).rejects.toThrow();
  expect(await exited).toEqual([null, "SIGKILL"]);
});
