/**
 * `bench overhead`: what a gateway adds to a request. Whole chat requests of about 1 KB against an engine that answers at once: without anything
 * between, through Tera, and through others, one after the other in the same run, in a new order each round.
 */
import { shuffle } from "../statistics.ts";
import { startTargets } from "../targets/start-targets.ts";
import type { Target, TargetName } from "../targets/target.ts";
import type { TeraTarget } from "../targets/tera.ts";
import type { Workbench } from "../workbench.ts";
import { checkAnswer } from "./chat-request.ts";
import { chooseClient } from "./choose-client.ts";
import { startFixedEngine } from "./fixed-engine.ts";
import type { LoadClient, LoadResult } from "./load.ts";
import { type Measurement, type OverheadRow, toOverheadRows } from "./rows.ts";
import { countUsageErrors } from "./usage-errors.ts";

export interface OverheadOptions {
  targets: readonly TargetName[];
  clients: readonly number[];
  rounds: number;
  /** Of one measurement. */
  seconds: number;
  /** Engine and load client in Node, also where nginx and wrk can be had. */
  onlyNode: boolean;
  profileDirectory: string | undefined;
}

export interface OverheadReport {
  rows: OverheadRow[];
  /** What was measured with what, a line each. */
  setup: string[];
}

/** Every target is asked for this long before it counts (less when one measurement is shorter), so that compilers have seen the hot path. */
const warmUpSecondsMax = 2;
const warmUpClients = 32;

export async function runOverhead(workbench: Workbench, options: OverheadOptions): Promise<OverheadReport> {
  const { say } = workbench;
  const engine = await startFixedEngine(workbench, options.onlyNode);
  const client = await chooseClient(workbench, options.onlyNode);
  const { all, tera } = await startTargets({
    workbench,
    engines: [engine],
    wanted: options.targets,
    profileDirectory: options.profileDirectory,
  });

  for (const target of all) await checkAnswer(endpointOf(target));
  say(`warming up ${all.map(({ name }) => name).join(", ")}`);
  const warmUp = { clients: warmUpClients, seconds: Math.min(warmUpSecondsMax, options.seconds) };
  for (const target of all) await client.run({ endpoint: endpointOf(target), ...warmUp });

  const measurements: Measurement[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const clients of options.clients) {
      for (const target of shuffle(all)) {
        const load = { endpoint: endpointOf(target), clients, seconds: options.seconds };
        const result = await (target === tera ? runWithUsage(tera, client, load) : client.run(load));
        measurements.push({ target: target.name, clients, round, result });
        say(`round ${round}/${options.rounds}, ${clients} clients, ${target.name}: ${describe(result)}`);
      }
    }
  }
  return {
    rows: order(toOverheadRows(measurements), all),
    setup: [
      `engine: ${engine.program}, client: ${client.program}, ${options.rounds} rounds of ${options.seconds} s`,
      ...all.flatMap(({ name, version }) => (version === undefined ? [] : `${name} ${version}`)),
    ],
  };
}

/** As `client.run`; a lost or doubled usage record is an error. */
async function runWithUsage(
  tera: TeraTarget,
  client: LoadClient,
  load: Parameters<LoadClient["run"]>[0],
): Promise<LoadResult> {
  const before = await tera.settledUsageRows();
  const result = await client.run(load);
  const records = (await tera.settledUsageRows()) - before;
  const usageErrors = countUsageErrors({ answered: result.requests, cutOffMax: load.clients, records });
  return { ...result, errors: result.errors + usageErrors };
}

function endpointOf({ name, endpoints: [endpoint] }: Target) {
  if (endpoint === undefined) throw new Error(`${name} has no endpoint`);
  return endpoint;
}

function describe({ p50Ms, p99Ms, requestsPerSecond, errors }: LoadResult): string {
  const trouble = errors === 0 ? "" : `, ${errors} errors`;
  return `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ${Math.round(requestsPerSecond)}/s${trouble}`;
}

/** By clients, then as the targets were started: what is compared stands together. */
function order(rows: readonly OverheadRow[], targets: readonly Target[]): OverheadRow[] {
  const place = (row: OverheadRow) => targets.findIndex(({ name }) => name === row.target);
  return rows.toSorted((a, b) => a.clients - b.clients || place(a) - place(b));
}
