/** The GPUs of every worker, as their drivers report them. */
import type { GpuStatus, WorkerState } from "@tera/protocol";
import { renderTable } from "../../terminal/table.ts";

interface ListedGpu extends GpuStatus {
  workerId: string;
}

const unknown = "-";

/** @returns undefined when no worker has figures of a GPU. */
export function renderGpus(workers: readonly WorkerState[], terminalColumns: number): string | undefined {
  const gpus = workers
    .flatMap(({ workerId, gpus: own }): ListedGpu[] => own.map((gpu) => ({ ...gpu, workerId })))
    .sort((a, b) => a.workerId.localeCompare(b.workerId) || a.index - b.index);
  if (gpus.length === 0) return undefined;
  return renderTable<ListedGpu>(
    [
      { header: "GPU", value: ({ index }) => String(index) },
      { header: "WORKER", value: ({ workerId }) => workerId, widthMin: 8 },
      { header: "NAME", value: ({ name }) => name, widthMin: 10 },
      { header: "MEMORY", value: memory },
      { header: "USE", value: ({ utilizationPercent }) => figure(utilizationPercent, "%") },
      { header: "POWER", value: ({ powerW }) => figure(powerW, "W") },
      { header: "TEMP", value: ({ temperatureC }) => figure(temperatureC, "°C") },
    ],
    gpus,
    terminalColumns,
  );
}

function memory({ memoryUsedMiB, memoryTotalMiB }: GpuStatus): string {
  const used = memoryUsedMiB === undefined ? unknown : (memoryUsedMiB / 1_024).toFixed(1);
  const total = memoryTotalMiB === undefined ? unknown : (memoryTotalMiB / 1_024).toFixed(1);
  return memoryUsedMiB === undefined && memoryTotalMiB === undefined ? unknown : `${used}/${total} GiB`;
}

function figure(value: number | undefined, unit: string): string {
  return value === undefined ? unknown : `${Math.round(value)} ${unit}`;
}
