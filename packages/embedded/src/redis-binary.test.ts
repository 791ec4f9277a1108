import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { findRedisBinary } from "./redis-binary.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

async function program(name: string, says: string): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, name), `#!/bin/sh\necho '${says}'\n`);
  await chmod(join(directory, name), 0o755);
  return directory;
}

test("a server that is too old is passed over for a newer one further on", async () => {
  const old = await program("redis-server", "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64");
  const valkey = await program("valkey-server", "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64");
  const found = await findRedisBinary([old, valkey].join(delimiter));
  expect(found).toEqual({ path: join(valkey, "valkey-server"), version: "8.0.1" });
});

test("6.2 is new enough", async () => {
  const directory = await program("redis-server", "Redis server v=6.2.0 sha=00000000:0 malloc=libc bits=64");
  expect(await findRedisBinary(directory)).toMatchObject({ version: "6.2.0" });
});

const elsewhere = ["/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin"].some((directory) =>
  existsSync(join(directory, "redis-server")),
);

test.skipIf(elsewhere)("where nothing can install it, the error names the command to run", () => {
  const source = `import { ensureRedisServer } from ${JSON.stringify(join(import.meta.dirname, "ensure-redis-server.ts"))};
    await ensureRedisServer({ log: console.error });`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], {
    env: { PATH: "/nonexistent" },
    encoding: "utf8",
  });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/Redis \(6\.2 or newer\) is missing\. Install it and start again: .*install redis/);
});
