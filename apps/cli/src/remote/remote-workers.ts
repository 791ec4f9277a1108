/** The connected workers through an Admin API, what their engines wrote, and what is asked of them. */
import { runnerActedSchema, runnerLogsSchema } from "@tera/admin-api/runners";
import { type Worker, workerListSchema } from "@tera/admin-api/workers";
import type { RunnerAction, RunnerActionAnswer, RunnerLogs, RunnerStatus, WorkerState } from "@tera/protocol";
import type { AdminClient } from "./admin-client.ts";

export async function readRemoteWorkers(client: AdminClient): Promise<WorkerState[]> {
  const { items } = await client.get(workerListSchema, "/workers");
  return items.map(toWorkerState);
}

interface Named {
  workerId: string;
  runnerId: string;
}

const pathOf = ({ workerId, runnerId }: Named) =>
  `/runners/${encodeURIComponent(workerId)}/${encodeURIComponent(runnerId)}`;

/** Why it was not done is in the words of the refusal. */
export async function actRemotely(
  client: AdminClient,
  { action, ...named }: Named & { action: RunnerAction },
): Promise<RunnerActionAnswer> {
  await client.send("POST", runnerActedSchema, `${pathOf(named)}/${action}`);
  return { version: 1, outcome: "accepted" };
}

export async function readRemoteLogs(
  client: AdminClient,
  { linesMax, ...named }: Named & { linesMax: number },
): Promise<RunnerLogs> {
  const { lines } = await client.get(runnerLogsSchema, `${pathOf(named)}/logs`, { lines: linesMax });
  return lines === null ? { version: 1, found: "no_log" } : { version: 1, found: "lines", lines };
}

function toWorkerState({ id, host, startedAt, draining, runners, gpus }: Worker): WorkerState {
  return {
    version: 1,
    workerId: id,
    host,
    startedAtMs: new Date(startedAt).getTime(),
    draining,
    runners: runners.map(toRunner),
    gpus: gpus.map(({ index, name, ...readings }) => ({ index, name, ...said(readings) })),
  };
}

function toRunner({ served, actions: _may, models: _ids, ...runner }: Worker["runners"][number]): RunnerStatus {
  const { id, kind, engine, state, slots, busy, engineVersion, address, reason, tokensPerS } = runner;
  const words = said({ engineVersion, address, reason, tokensPerS });
  return { id, kind, engine, state, models: served, slots, busy, ...words };
}

/** What is null is absent in a worker's own words. */
function said<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const known = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(known) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}
