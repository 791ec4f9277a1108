/** A moment, entered in the viewer's zone. */
import { TextInput, type TextInputProps } from "@mantine/core";

export interface MomentInputProps extends Omit<TextInputProps, "value" | "onChange" | "type"> {
  /** As the browser's own input has it: `2026-11-23T12:00`; empty: none. */
  value?: string;
  onChange?(value: string): void;
}

export function MomentInput({ onChange, ...props }: MomentInputProps) {
  return (
    <TextInput
      type="datetime-local"
      step={60}
      description={`Your time, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`}
      inputWrapperOrder={["label", "input", "description", "error"]}
      {...props}
      onChange={(event) => onChange?.(event.currentTarget.value)}
    />
  );
}

/** As the Admin API has moments; undefined: none, or not complete. */
export function toMoment(value: string): string | undefined {
  const moment = new Date(value);
  return value === "" || Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}

/** Of the input, in the viewer's zone, to the minute. */
export function fromMoment(moment: Date): string {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
