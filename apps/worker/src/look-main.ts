/**
 * Looks once at the usual ports of this machine, or at those that are named, and prints what is there as one JSON line. A program of its own
 * for `tera up` and `tera doctor`, because apps never import apps.
 *
 *   node look-main.ts [port ...]
 */
import { titleOf } from "./runners/discovery/engine-title.ts";
import { describeFinding, lookAtPort } from "./runners/discovery/look-at-port.ts";
import { usualPorts } from "./runners/discovery/usual-ports.ts";

async function look(port: number): Promise<object> {
  const finding = await lookAtPort(port, new AbortController().signal);
  if (finding.kind === "nothing") return { port, kind: "nothing" };
  if (finding.kind !== "engine") return { port, kind: "other", what: describeFinding(finding) };
  return { ...finding, title: titleOf(finding) };
}

const named = process.argv.slice(2).map(Number);
const found = await Promise.all((named.length > 0 ? named : usualPorts).map(look));
process.stdout.write(`${JSON.stringify(found)}\n`);
