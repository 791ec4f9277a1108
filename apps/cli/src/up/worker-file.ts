/** Writes the worker's configuration file from the flags. Every JSON string is a YAML string, so that paths and names need no other quoting. */
import type { RunnerChoice } from "./flags.ts";

export function renderWorkerFile(runners: readonly RunnerChoice[]): string {
  const lines = ["# Written by `tera up` from its flags, anew on every start.", "runners:"];
  for (const { kind, ...settings } of runners) {
    lines.push(`  - kind: ${kind}`);
    for (const [name, value] of Object.entries(settings)) lines.push(`    ${name}: ${JSON.stringify(value)}`);
  }
  return `${lines.join("\n")}\n`;
}
