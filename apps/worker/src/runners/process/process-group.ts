/** A process group: a server with everything that it started. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const pollEveryMs = 50;
/** After SIGKILL only a process inside a system call that cannot be interrupted (a GPU driver's) is left. */
const killedWaitMs = 2_000;

/**
 * Ends a group: SIGTERM to all of it, SIGKILL to what is left after `graceMs`.
 * @returns false when something is left even so.
 */
export async function endGroup(groupId: number, graceMs: number): Promise<boolean> {
  for (const [signal, waitMs] of [["SIGTERM", graceMs] as const, ["SIGKILL", killedWaitMs] as const]) {
    signalGroup(groupId, signal);
    const deadlineMs = performance.now() + waitMs;
    do {
      if (!(await isGroupAlive(groupId))) return true;
      await delay(pollEveryMs);
    } while (performance.now() < deadlineMs);
  }
  return !(await isGroupAlive(groupId));
}

function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal);
  } catch {
    // Nobody is left that could be signalled.
    return false;
  }
}

/**
 * Whether anything of the group still runs. What has ended and was not collected (a zombie) counts as gone: where the worker is the first process
 * of a container nobody collects the children of a server that has died.
 */
async function isGroupAlive(groupId: number): Promise<boolean> {
  if (!signalGroup(groupId, 0)) return false;
  // macOS does not let a group of zombies be signalled.
  if (process.platform !== "linux") return true;
  const names = await readdir("/proc").catch(() => undefined);
  if (names === undefined) return true;
  const processIds = names.filter((name) => /^\d+$/.test(name));
  const members = await Promise.all(processIds.map((processId) => isLivingMember(processId, groupId)));
  return members.includes(true);
}

async function isLivingMember(processId: string, groupId: number): Promise<boolean> {
  // State, parent and group follow the name in brackets, and the name may hold brackets itself: proc_pid_stat(5).
  const stat = await readFile(`/proc/${processId}/stat`, "utf8").catch(() => "");
  const [state = "", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(group) === groupId && state !== "" && !"ZX".includes(state);
}
