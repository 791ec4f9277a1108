import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockDirectory } from "./directory-lock.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

test("a directory has one owner at a time", async () => {
  const directory = await temporaryDirectory();
  const lock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(`The data directory ${directory} is in use by another process.`);
  lock.release();
  lockDirectory(directory).release();
});

test("another process's lock holds, and ends with a kill -9 of that process", async () => {
  const directory = await temporaryDirectory();
  const source = `import { lockDirectory } from ${JSON.stringify(join(import.meta.dirname, "directory-lock.ts"))};
    globalThis.lock = lockDirectory(${JSON.stringify(directory)}); console.log("locked"); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  expect(() => lockDirectory(directory)).toThrow("in use by another process");
  const ended = once(holder, "exit");
  holder.kill("SIGKILL");
  await ended;
  lockDirectory(directory).release();
});
