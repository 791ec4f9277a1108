/** What is asked of `nvidia-smi`, and what its answer says. Fields and units: `nvidia-smi --help-query-gpu`. */
import { type GpuStatus, gpuStatusSchema } from "@tera/protocol";

const fields = [
  "index",
  "name",
  "memory.used",
  "memory.total",
  "utilization.gpu",
  "power.draw",
  "temperature.gpu",
] as const;
const figureCount = fields.length - 2;

export const nvidiaSmiArguments = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"];

/** @returns a GPU per line that can be read; what the driver does not know (`[N/A]`, `[Not Supported]`, `ERR!`) is absent. */
export function parseNvidiaSmi(csv: string): GpuStatus[] {
  return csv.split("\n").flatMap((line) => {
    const [index, ...rest] = line.split(",").map((value) => value.trim());
    // Only a name could ever hold a comma.
    const name = rest.slice(0, -figureCount).join(", ");
    const [memoryUsedMiB, memoryTotalMiB, utilizationPercent, powerW, temperatureC] = rest
      .slice(-figureCount)
      .map(toNumber);
    const figures = { memoryUsedMiB, memoryTotalMiB, utilizationPercent, powerW, temperatureC };
    const parsed = gpuStatusSchema.safeParse({ index: toNumber(index), name, ...figures });
    return parsed.success && name !== "" ? [parsed.data] : [];
  });
}

function toNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
