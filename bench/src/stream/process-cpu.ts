/** CPU time of processes, as Linux counts it (proc(5)). */
import { readFile } from "node:fs/promises";

/** A clock tick of /proc: USER_HZ, 100 on every platform that Node runs on. */
const ticksPerSecond = 100;

/** User and system time of a process and its living children. Microseconds, in steps of 10,000. @throws when it has ended. */
export async function readCpuUs(pid: number): Promise<number> {
  const ticks = parseCpuTicks(await readFile(`/proc/${pid}/stat`, "utf8"));
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  let us = (ticks * 1e6) / ticksPerSecond;
  for (const child of children.split(" ").filter((word) => word !== "")) us += await readCpuUs(Number(child));
  return us;
}

/** utime and stime, fields 14 and 15 of /proc/<pid>/stat. @throws when the text is not of that form. */
export function parseCpuTicks(stat: string): number {
  // pid (name) state ppid ...: the name may hold anything, brackets and spaces too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isInteger(ticks)) throw new Error(`not the text of /proc/<pid>/stat: ${stat.slice(0, 200)}`);
  return ticks;
}
