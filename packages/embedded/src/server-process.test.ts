import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { startServerProcess } from "./server-process.ts";

test("a line that was printed before anybody waited for it is found", async () => {
  const lines: string[] = [];
  const server = await startServerProcess(
    { file: "/bin/sh", arguments: ["-c", "echo ready; exec sleep 60"], cwd: "/", environment: {} },
    { log: (line) => lines.push(line), guardSignal: "SIGTERM" },
  );
  try {
    await expect.poll(() => lines).toEqual(["ready"]);
    const outcome = await Promise.race([server.untilLine(/ready/), setTimeout(2_000, "not found")]);
    expect(outcome).toBe("ready");
  } finally {
    await server.end([{ signal: "SIGTERM", waitMs: 1_000 }]);
  }
});
