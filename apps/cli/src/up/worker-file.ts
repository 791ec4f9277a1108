/** Writes the worker's configuration file from the plan. JSON is YAML, so that paths and names need no other quoting. */
import type { WorkerPlan } from "./plan-worker.ts";

export function renderWorkerFile({ runners, discover }: Pick<WorkerPlan, "runners" | "discover">): string {
  const lines = [
    "# Written by `tera up` from its flags, anew on every start.",
    `discover: ${JSON.stringify(discover)}`,
    runners.length === 0 ? "runners: []" : "runners:",
  ];
  for (const { kind, ...settings } of runners) {
    lines.push(`  - kind: ${kind}`);
    for (const [name, value] of Object.entries(settings)) lines.push(`    ${name}: ${JSON.stringify(value)}`);
  }
  return `${lines.join("\n")}\n`;
}
