/** Billing months, of UTC: `2026-11`. */
const words = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" });

/** `November 2026` */
export function formatMonth(month: string): string {
  return words.format(new Date(`${month}-01T00:00:00Z`));
}

/** @param moment ISO 8601 in UTC */
export function monthOf(moment: string): string {
  return moment.slice(0, 7);
}

/** This one and those before it. */
export function monthsBack(now: Date, count: number): string[] {
  return Array.from({ length: count }, (_, ago) =>
    monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString()),
  );
}
