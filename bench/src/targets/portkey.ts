/**
 * Portkey's open-source gateway, as its documentation starts it (`node build/start-server.js --headless --port=...`), in production mode. The engine
 * is a custom host of its `openai` provider, named by headers of each request.
 */
import { dirname } from "node:path";
import { findFreePort, startServerProcess } from "@tera/embedded";
import { searchPath } from "../config.ts";
import { ensurePortkey, portkeyVersion } from "../programs/ensure-portkey.ts";
import { untilListening } from "../until-listening.ts";
import { chatPath, type StartTargetOptions, type Target } from "./target.ts";

const endSteps = [{ signal: "SIGTERM", waitMs: 2_000 }] as const;

/** @returns the reason as the end of a sentence when it cannot be had. */
export async function startPortkey({ workbench, engines }: StartTargetOptions): Promise<Target | { missing: string }> {
  const program = await ensurePortkey(workbench.say);
  if ("missing" in program) return program;
  const port = await findFreePort();
  const server = await startServerProcess(
    {
      file: process.execPath,
      arguments: [program.path, "--headless", `--port=${port}`],
      cwd: dirname(program.path),
      environment: { PATH: searchPath, NODE_ENV: "production" },
    },
    { log: () => undefined, guard: workbench.guard, guardSignal: "SIGTERM" },
  );
  workbench.defer(async () => {
    await server.end(endSteps);
  });
  await untilListening([port], server.exited);
  return {
    name: "portkey",
    endpoints: engines.map(({ url, model }) => ({
      url: `http://127.0.0.1:${port}${chatPath}`,
      headers: {
        authorization: "Bearer not-needed",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": `${url}/v1`,
      },
      model,
    })),
    processes: { portkey: server.pid },
    version: portkeyVersion,
  };
}
