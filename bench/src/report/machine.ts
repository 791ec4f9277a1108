/** The machine in a line, without names: enough to compare two tables, no more. */
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** Runnable processes per core, above which figures are not to be believed. */
const quietLoadMax = 0.5;

export function describeMachine(): string {
  const model = cpus()[0]
    ?.model.replaceAll(/\((?:R|TM)\)|CPU|Processor/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return `${availableParallelism()} cores (${model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

/** What to tell somebody who measures on a machine that works for others too; undefined when it is quiet. */
export function describeNoise(): string | undefined {
  const load = loadavg()[0] ?? 0;
  if (load <= quietLoadMax * availableParallelism()) return undefined;
  return `this machine is busy (load ${load.toFixed(1)}): only ratios between targets mean something`;
}
