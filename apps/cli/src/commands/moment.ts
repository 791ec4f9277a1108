/** A point in time, as people write it on the command line. UTC, as everything about money is. */

const isoPattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const agoPattern = /^(\d{1,5})([hdw])$/;
const unitMs = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `2026-11-01`, `2026-11-01T12:00`, `2026-11-01T12:00:00.5+01:00`; UTC where no zone is named. Undefined: none of these, or no such day. */
export function parseMoment(text: string): Date | undefined {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "00:00", seconds = ":00", zone = "Z"] = match;
  const moment = new Date(`${day}T${time}${seconds}${zone}`);
  // JavaScript takes the 31st of a month of 30 days for the first of the next.
  const isDay =
    !Number.isNaN(new Date(`${day}T00:00Z`).getTime()) && new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  return isDay && !Number.isNaN(moment.getTime()) ? moment : undefined;
}

/** As `parseMoment`, or how long ago: `24h`, `30d`, `8w`. */
export function parsePast(text: string, now: Date): Date | undefined {
  const match = agoPattern.exec(text);
  const unit = match?.[2];
  if (unit !== "h" && unit !== "d" && unit !== "w") return parseMoment(text);
  return new Date(now.getTime() - Number(match?.[1]) * unitMs[unit]);
}

/** `2026-11-01 12:00:00 UTC`; whole minutes without their seconds. */
export function formatMoment(moment: Date): string {
  const text = moment.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, text.endsWith(":00.000Z") ? 16 : 19)} UTC`;
}
