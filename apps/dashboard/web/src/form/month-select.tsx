/** A billing month (UTC), the latest first. */
import { Select, type SelectProps } from "@mantine/core";
import { formatMonth, monthOf, monthsBack } from "../format/month.ts";

/** Longer ago, a month is asked for by its address. */
const monthsMax = 36;

export interface MonthSelectProps extends Omit<SelectProps, "data" | "onChange"> {
  /** The first that there is; the month three years ago when absent. */
  since?: string;
  /** Without the present one. */
  over?: boolean;
  onChange(month: string | null): void;
}

export function MonthSelect({ since, over = false, ...props }: MonthSelectProps) {
  const first = since === undefined ? "" : monthOf(since);
  const months = monthsBack(new Date(), monthsMax)
    .slice(over ? 1 : 0)
    .filter((month) => month >= first);
  return <Select data={months.map((month) => ({ value: month, label: formatMonth(month) }))} {...props} />;
}
