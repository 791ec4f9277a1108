/** Counts for people: `12,345`, and short where there is little room: `12.3K`. */

const full = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export const formatCount = (count: number) => full.format(count);
export const formatShort = (count: number) => short.format(count);
