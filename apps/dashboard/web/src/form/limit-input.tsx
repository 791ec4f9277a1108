/** A whole number from one on, or nothing: no limit. */
import { NumberInput } from "@mantine/core";
import type { ReactNode } from "react";

const limitMax = 2_000_000_000;

export interface LimitInputProps {
  label: ReactNode;
  placeholder?: string;
  value?: number | null;
  onChange?: (value: number | null) => void;
  error?: ReactNode;
}

export function LimitInput({ placeholder = "no limit", value = null, onChange, ...props }: LimitInputProps) {
  return (
    <NumberInput
      {...props}
      placeholder={placeholder}
      min={1}
      // A digit too many is not taken: beyond what a number holds exactly, the field would begin anew.
      max={limitMax}
      clampBehavior="strict"
      allowDecimal={false}
      allowNegative={false}
      thousandSeparator=","
      hideControls
      value={value ?? ""}
      onChange={(entered) => onChange?.(typeof entered === "number" ? entered : null)}
    />
  );
}
