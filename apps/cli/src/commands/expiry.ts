/** When a key shall expire, as people write it. */

const unitMs = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** @returns undefined when the text is no date (`2027-01-31`, `2027-01-31T12:00Z`) and no time from now (`12h`, `30d`, `8w`), or not ahead of `now`. */
export function parseExpiry(text: string, now: Date): Date | undefined {
  const duration = /^(\d{1,5})([hdw])$/.exec(text);
  const unit = duration?.[2];
  const date =
    unit === "h" || unit === "d" || unit === "w"
      ? new Date(now.getTime() + Number(duration?.[1]) * unitMs[unit])
      : parseDate(text);
  return date !== undefined && date > now ? date : undefined;
}

function parseDate(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return undefined;
  return text.includes("T") || date.toISOString().startsWith(text) ? date : undefined;
}
