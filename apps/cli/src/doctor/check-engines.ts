/** Engines on this machine: what answers on their usual ports, and whether a worker has it. */
import { hostname } from "node:os";
import type { WorkerState } from "@tera/protocol";
import { type LocalEngine, type LocalPort, listModels } from "../engines/look-for-engines.ts";
import { bundledModelName } from "../up/flags.ts";
import type { Finding } from "./finding.ts";

/**
 * @param ports what `lookForEngines` found.
 * @param workers those that are connected; undefined when nobody could be asked.
 */
export function checkEngines(ports: readonly LocalPort[], workers: readonly WorkerState[] | undefined): Finding[] {
  const found = ports.flatMap((port): Finding[] => {
    if (port.kind === "nothing") return [];
    const check = `port ${port.port}`;
    if (port.kind === "other") return [{ check, status: "skipped", found: `It ${port.what}.` }];
    return [{ check, ...checkEngine(port, workers) }];
  });
  return ports.some(({ kind }) => kind === "engine") ? found : [...found, checkNone(ports, workers)];
}

function checkEngine(engine: LocalEngine, workers: readonly WorkerState[] | undefined): Omit<Finding, "check"> {
  const { title, url, models } = engine;
  if (models.length === 0) {
    return {
      status: "warning",
      found: `${title} has no model to offer.`,
      fix: "Wait if it is still loading one; else load one in it (for Ollama: ollama pull <model>).",
    };
  }
  const offer = `${title} with ${listModels(models.map(({ id }) => id))}`;
  if (workers === undefined) return { status: "ok", found: `${offer}.` };
  const runner = workers
    .filter(isHere)
    .flatMap(({ runners }) => runners.filter(({ address }) => means(address, engine)));
  if (runner[0] !== undefined) return { status: "ok", found: `${offer}, attached as ${runner[0].id}.` };
  return {
    status: "warning",
    found: `${offer}, attached to no worker that is connected.`,
    fix: `Start without --model, --runner and --demo, and it is attached by itself; or name it: npm start -- --runner ${url}`,
  };
}

function checkNone(ports: readonly LocalPort[], workers: readonly WorkerState[] | undefined): Finding {
  const found = `None answers on the usual ports of this machine (${ports.map(({ port }) => port).join(", ")}).`;
  const runners = workers?.flatMap((worker) => worker.runners) ?? [];
  const isDemo = runners.every(({ models }) => models.every(({ id }) => id === bundledModelName));
  // Whoever serves a model of their own may have no use for one.
  if (!isDemo) return { check: "engines", status: "skipped", found };
  return {
    check: "engines",
    status: "warning",
    found,
    fix: "Start one (vllm serve, ollama serve, ...): it is attached by itself. Until then npm start serves a small demo model.",
  };
}

const isHere = ({ host }: WorkerState) => host === hostname();

/** @param address `host:port` as a runner on this machine has it. */
function means(address: string | undefined, { port }: LocalEngine): boolean {
  return (
    address !== undefined &&
    /^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\]):/.test(address) &&
    address.endsWith(`:${port}`)
  );
}
