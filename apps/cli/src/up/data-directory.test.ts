import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { openDataDirectory, readStack } from "./data-directory.ts";

let path: string;
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), "tera-up-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  path = join(parent, "data");
});

const stack = { pid: 4711, api: "http://127.0.0.1:8787/v1", databaseUrl: "d", redisUrl: "r", pids: { gateway: 12 } };

test("only its owner may look into it", async () => {
  const directory = await openDataDirectory(path);
  onTestFinished(() => directory.release());
  await directory.write("secret", "s");
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, "secret"))).mode & 0o777).toBe(0o600);
  expect(await directory.read("secret")).toBe("s");
});

test("a second one is told who has it", async () => {
  const first = await openDataDirectory(path);
  await first.write("stack.json", JSON.stringify(stack));
  await expect(openDataDirectory(path)).rejects.toThrow(
    `Tera already runs on the data directory ${path} (process 4711, http://127.0.0.1:8787/v1)`,
  );
  first.release();
  (await openDataDirectory(path)).release();
});

test("a file in its place is one sentence", async () => {
  await writeFile(path, "");
  await expect(openDataDirectory(path)).rejects.toThrow(/^The data directory .* cannot be used \(EEXIST\)/);
});

test("a stack.json that is cut off counts as none", async () => {
  const directory = await openDataDirectory(path);
  onTestFinished(() => directory.release());
  expect(await readStack(path)).toBeUndefined();
  await writeFile(join(path, "stack.json"), '{"pid": 12,');
  expect(await readStack(path)).toBeUndefined();
  await directory.write("stack.json", JSON.stringify(stack));
  expect(await readStack(path)).toEqual(stack);
});
