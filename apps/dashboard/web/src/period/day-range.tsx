/** First and last day of a period. */
import "@mantine/dates/styles.layer.css";
import { DatePickerInput } from "@mantine/dates";
import { useState } from "react";

export interface DayRangeProps {
  /** `2026-11-23` */
  from: string | undefined;
  to: string | undefined;
  /** Told when both are chosen, or none. */
  onChange(days: { from: string | undefined; to: string | undefined }): void;
}

export function DayRange({ from, to, onChange }: DayRangeProps) {
  const [days, setDays] = useState<[string | null, string | null]>([from ?? null, to ?? null]);
  return (
    <DatePickerInput
      type="range"
      aria-label="First and last day (UTC)"
      placeholder="First and last day (UTC)"
      allowSingleDateInRange
      clearable
      valueFormat="MMM D, YYYY"
      maxDate={new Date().toISOString().slice(0, 10)}
      value={days}
      onChange={(chosen) => {
        setDays(chosen);
        const [first, last] = chosen;
        if ((first === null) === (last === null)) onChange({ from: first ?? undefined, to: last ?? undefined });
      }}
      w={{ base: "100%", xs: 250 }}
    />
  );
}
