/** Names of days and hours of a report. Days are UTC's; hours are told in the viewer's zone. */

const options = { day: "numeric", month: "short" } as const;
const utcDay = new Intl.DateTimeFormat(undefined, { ...options, timeZone: "UTC" });
const utcDayAndYear = new Intl.DateTimeFormat(undefined, {
  ...options,
  weekday: "short",
  year: "numeric",
  timeZone: "UTC",
});
const localHour = new Intl.DateTimeFormat(undefined, { ...options, hour: "2-digit", minute: "2-digit" });

export function formatStep(at: string, interval: "day" | "hour"): string {
  return (interval === "day" ? utcDay : localHour).format(new Date(at));
}

export function formatDay(at: string): string {
  return utcDayAndYear.format(new Date(at));
}
