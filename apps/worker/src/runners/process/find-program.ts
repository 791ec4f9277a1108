/** Finds the program of a command before it is started, so that a wrong name is told as such and not as the end of a process. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";

/**
 * @param program a name that is looked up in `searchPath` (the PATH variable), or a path, relative to `workingDirectory`.
 * @returns why it cannot be started, in words for the operator; undefined when it can.
 */
export async function programProblem(
  program: string,
  workingDirectory: string,
  searchPath: string,
): Promise<string | undefined> {
  if (!(await isDirectory(workingDirectory))) return `there is no directory ${workingDirectory} (workingDirectory)`;
  if (program.includes("/")) {
    const path = resolve(workingDirectory, program);
    return (await isProgram(path)) ? undefined : `${path} is no program that can be started`;
  }
  for (const directory of searchPath.split(delimiter)) {
    if (await isProgram(resolve(workingDirectory, directory, program))) return undefined;
  }
  return `there is no program ${program} on this worker's PATH: write its whole path, or set PATH under env`;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
