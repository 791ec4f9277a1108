/** wrk where it can be had, this process where not. */
import { ensureProgram } from "../programs/ensure-program.ts";
import type { Workbench } from "../workbench.ts";
import type { LoadClient } from "./load.ts";
import { nodeLoad } from "./node-load.ts";
import { createWrk } from "./wrk.ts";

export async function chooseClient({ directory, say }: Workbench, onlyNode: boolean): Promise<LoadClient> {
  if (onlyNode) return nodeLoad;
  const wrk = await ensureProgram("wrk", say);
  if (!("missing" in wrk)) return createWrk(wrk, directory);
  say(`the load client is this Node process, and may be the bottleneck: ${wrk.missing}`);
  return nodeLoad;
}
