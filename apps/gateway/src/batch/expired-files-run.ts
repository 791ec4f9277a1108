/** Removes files whose time is over: their bytes are the largest thing that customers leave behind. */
import type { Run } from "@tera/background";
import type { FileStore } from "@tera/batch";

const everyMs = 3_600_000;
const stepFiles = 100;

export function createExpiredFilesRun(files: Pick<FileStore, "removeExpired">): Run {
  return {
    name: "expired-files",
    schedule: { everyMs },
    attemptsMax: 3,
    async work(signal) {
      let removed = 0;
      for (let step = stepFiles; step === stepFiles && !signal.aborted; removed += step) {
        step = await files.removeExpired(stepFiles);
      }
      return { removed };
    },
  };
}
