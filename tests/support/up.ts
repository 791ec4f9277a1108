/** Starts `tera up --json` through its launcher, as npx would, and ends it with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, onTestFinished } from "vitest";
import { z } from "zod";

const launcher = fileURLToPath(new URL("../../apps/cli/bin/tera.mjs", import.meta.url));

const readySchema = z.object({
  ready: z.literal(true),
  api: z.string(),
  apiKey: z.string(),
  dashboard: z.object({ url: z.string(), signInLink: z.string().nullable() }).nullable(),
  model: z.string().nullable(),
  accountId: z.string(),
  pids: z.record(z.string(), z.number()),
  readyMs: z.number(),
  attached: z.array(z.object({ engine: z.string(), url: z.string(), models: z.array(z.string()) })),
});

export interface Up {
  process: ChildProcess;
  /** What it printed when it was ready. */
  ready: z.infer<typeof readySchema>;
  exited: Promise<{ code: number | null; stderr: string }>;
  /** The pid of its process guard. */
  findGuard(): Promise<number>;
}

/** @param options.expectReady false: it is expected to fail, and `ready` is not to be read. */
export async function up(flags: readonly string[], { expectReady = true } = {}): Promise<Up> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TERA_|DATABASE_URL$|REDIS_URL$)/.test(name));
  const child = spawn(process.execPath, [launcher, "up", "--json", "--dashboard-port", "0", ...flags], {
    env: Object.fromEntries(inherited),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const exited = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, stderr }));
  });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const line = once(createInterface({ input: child.stdout }), "line");
  if (!expectReady) {
    line.catch(() => undefined);
    return { process: child, exited, findGuard, ready: unready };
  }
  const first = await Promise.race([line, exited]);
  if (!Array.isArray(first)) throw new Error(`tera up ended (exit code ${first.code}):\n${first.stderr}`);
  const ready = readySchema.parse(JSON.parse(String(first[0])));
  return { process: child, ready, exited, findGuard };

  async function findGuard(): Promise<number> {
    const children = await readFile(`/proc/${ready.pids["up"]}/task/${ready.pids["up"]}/children`, "utf8");
    for (const pid of children.trim().split(" ").map(Number)) {
      if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("process-guard.sh")) return pid;
    }
    throw new Error("tera up has no process guard");
  }
}

const unready: Up["ready"] = {
  ready: true,
  api: "",
  apiKey: "",
  dashboard: null,
  model: null,
  accountId: "",
  pids: {},
  readyMs: 0,
  attached: [],
};

/** The parts that still run, by name. A process that has ended but was not collected by its parent has ended. */
export async function processesAlive({ pids }: Up["ready"]): Promise<string[]> {
  const alive = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tX");
      return /^State:\s+[ZX]/m.test(status) ? [] : [name];
    }),
  );
  return alive.flat();
}

/** Removed after the test, or with `keep: "file"` after the test file. */
export async function temporaryDirectory({ keep = "test" }: { keep?: "test" | "file" } = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tera-up-test-"));
  const remove = () => rm(directory, { recursive: true, force: true });
  if (keep === "file") afterAll(remove);
  else onTestFinished(remove);
  return directory;
}
