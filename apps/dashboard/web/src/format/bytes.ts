/** Sizes for people. */

const units = ["B", "kB", "MB", "GB", "TB"];

/** `1234567` -> `1.2 MB` */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
