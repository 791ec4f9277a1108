/** What answers on the local ports where engines usually listen, as the worker sees it: its look is run as a program, because apps never import apps. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { workspaceRoot } from "../up/flags.ts";

const lookProgram = join(workspaceRoot, "apps", "worker", "src", "look-main.ts");
/** The look itself takes some seconds at most. */
const timeoutMs = 30_000;

const engineSchema = z.object({
  kind: z.literal("engine"),
  port: z.int(),
  url: z.string(),
  /** `vllm`, as in the runner's status. */
  engine: z.string(),
  /** `vLLM 0.14.0` */
  title: z.string(),
  /** Empty while it has none to offer. An engine that loads on demand has some that are not in memory. */
  models: z.array(z.object({ id: z.string(), isLoaded: z.boolean() })),
});
const portSchema = z.discriminatedUnion("kind", [
  engineSchema,
  z.object({ kind: z.literal("nothing"), port: z.int() }),
  /** `what` goes on after "port 8080 ". */
  z.object({ kind: z.literal("other"), port: z.int(), what: z.string() }),
]);
export type LocalPort = z.infer<typeof portSchema>;
export type LocalEngine = z.infer<typeof engineSchema>;

/** @param ports undefined: the usual ones. */
export async function lookForEngines(ports: readonly number[] | undefined): Promise<LocalPort[]> {
  const named = (ports ?? []).map(String);
  const { stdout } = await promisify(execFile)(process.execPath, [lookProgram, ...named], { timeout: timeoutMs });
  return z.array(portSchema).parse(JSON.parse(stdout));
}

/** `org/a, org/b, org/c and 17 more` */
export function listModels(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(", ");
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}
