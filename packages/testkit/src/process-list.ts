/** Which processes run, and which of them were started, at whatever remove, by this test run. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ListedProcess {
  pid: number;
  parentPid: number;
  command: string;
}

/** Every process of this machine that has not ended. */
async function listProcesses(): Promise<ListedProcess[]> {
  const { stdout } = await run("ps", ["-axww", "-o", "pid=,ppid=,stat=,command="], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parentPid, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined || state?.startsWith("Z")) return [];
    return [{ pid: Number(pid), parentPid: Number(parentPid), command }];
  });
}

/**
 * The processes below `rootPid`, and on Linux also those that carry `marker` (NAME=value) in their environment: the orphans whose parents
 * have ended already.
 */
export async function findOffspring(rootPid: number, marker: string): Promise<ListedProcess[]> {
  const all = await listProcesses();
  const found = new Set<number>([rootPid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parentPid } of all) {
      if (found.has(parentPid) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
    }
  }
  if (process.platform === "linux") {
    await Promise.all(
      all.map(async ({ pid }) => {
        const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
        if (environment.split("\0").includes(marker)) found.add(pid);
      }),
    );
  }
  return all.filter(({ pid, command }) => pid !== rootPid && found.has(pid) && !command.startsWith("ps -axww"));
}
