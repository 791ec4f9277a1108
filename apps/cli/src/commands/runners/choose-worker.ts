/** Which worker a command about one runner is for. */
import type { WorkerState } from "@tera/protocol";
import { CliError } from "../../terminal/cli-error.ts";

const namesShownMax = 10;

/**
 * @param workerId the one that was named; undefined: the only one that has such a runner.
 * @throws {CliError} when it is none, or several.
 */
export function chooseWorker(
  workers: readonly WorkerState[],
  runnerId: string,
  workerId: string | undefined,
): WorkerState {
  if (workers.length === 0) throw new CliError("No worker is connected: `tera doctor` tells what to do.");
  const asked = workerId === undefined ? workers : workers.filter((worker) => worker.workerId === workerId);
  if (asked.length === 0) {
    throw new CliError(
      `No worker ${workerId} is connected. There are: ${listed(workers.map((each) => each.workerId))}.`,
    );
  }
  const having = asked.filter(({ runners }) => runners.some(({ id }) => id === runnerId));
  const [first] = having;
  if (first === undefined) {
    const others = listed([...new Set(asked.flatMap(({ runners }) => runners.map(({ id }) => id)))]);
    const where = workerId === undefined ? "No connected worker has a" : `Worker ${workerId} has no`;
    throw new CliError(`${where} runner ${runnerId}. There are: ${others}.`);
  }
  if (having.length > 1) {
    const choice = listed(having.map((each) => each.workerId));
    throw new CliError(`Several workers have a runner ${runnerId}: choose one with --worker. There are: ${choice}.`);
  }
  return first;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.toSorted().slice(0, namesShownMax).join(", ");
  return names.length > namesShownMax ? `${shown} and ${names.length - namesShownMax} more` : shown;
}
