/** Removes files whose time is over, and what is left of uploads that never became files: their bytes are the largest thing that customers leave behind. */
import type { Run } from "@tera/background";
import type { FileStore } from "@tera/batch";

const everyMs = 3_600_000;
const stepFiles = 100;

export function createExpiredFilesRun(files: Pick<FileStore, "removeExpired" | "removeAbandoned">): Run {
  return {
    name: "expired-files",
    schedule: { everyMs },
    attemptsMax: 3,
    async work(signal) {
      async function untilNone(remove: (limit: number) => Promise<number>): Promise<number> {
        let removed = 0;
        for (let step = stepFiles; step === stepFiles && !signal.aborted; removed += step)
          step = await remove(stepFiles);
        return removed;
      }
      return { removed: await untilNone(files.removeExpired), abandoned: await untilNone(files.removeAbandoned) };
    },
  };
}
