/** How long something took: `0.4 ms`, `38 ms`, `1.25 s`, `2.5 min`; three digits at the most. */
const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export function formatMs(ms: number | null, unknown = "–"): string {
  if (ms === null) return unknown;
  if (ms < 1_000) return `${digits.format(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms))} ms`;
  if (ms < 60_000) return `${digits.format(ms / 1_000)} s`;
  return `${digits.format(ms / 60_000)} min`;
}
