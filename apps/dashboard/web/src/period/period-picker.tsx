/** Chooses a period: the usual ones by one click, others by their first and last day. The calendar is fetched when it is needed. */
import { Group, SegmentedControl, Select, Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import { type ChosenPeriod, type Period, periods } from "./period.ts";

const DayRange = lazy(() => import("./day-range.tsx").then((file) => ({ default: file.DayRange })));

const words: Record<Period, string> = {
  "24h": "24 h",
  "7d": "7 d",
  "30d": "30 d",
  month: "This month",
  custom: "Custom",
};

export interface PeriodPickerProps {
  value: ChosenPeriod;
  /** Used while the URL names none; undefined: any time can be chosen too. */
  standard: Period | undefined;
  onChange(change: ChosenPeriod): void;
}

export function PeriodPicker({ value, standard, onChange }: PeriodPickerProps) {
  const period = value.period ?? standard ?? "any";
  const named = periods.map((each) => ({ value: each as string, label: words[each] }));
  const data = standard === undefined ? [{ value: "any", label: "Any time" }, ...named] : named;
  const choose = (chosen: string | null) => onChange({ period: toPeriod(chosen), from: undefined, to: undefined });
  return (
    <Group gap="sm" w={{ base: "100%", xs: "auto" }}>
      <SegmentedControl aria-label="Period" data={data} value={period} onChange={choose} visibleFrom="xs" />
      <Select
        aria-label="Period"
        allowDeselect={false}
        data={data}
        value={period}
        onChange={choose}
        w="100%"
        hiddenFrom="xs"
      />
      {period === "custom" && (
        <Suspense fallback={<Skeleton w={250} h={36} />}>
          <DayRange from={value.from} to={value.to} onChange={(days) => onChange({ period: "custom", ...days })} />
        </Suspense>
      )}
    </Group>
  );
}

const toPeriod = (text: string | null) => periods.find((period) => period === text);
