/** When a key ends: after some days, at a moment of one's own, or never. */
import { Group, Input, Select, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";

const dayMs = 86_400_000;
const presets = [
  { value: "7", label: "in 7 days" },
  { value: "30", label: "in 30 days" },
  { value: "90", label: "in 90 days" },
  { value: "365", label: "in a year" },
  { value: "never", label: "never" },
  { value: "own", label: "at a date of your own" },
];
export const standardDays = 90;

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export interface ExpiryInputProps {
  label: string;
  /** ISO 8601; null: never. */
  value: string | null;
  onChange(expiresAt: string | null): void;
  error?: ReactNode;
  /** What the choice begins with. */
  initialChoice: "own" | "never" | `${number}`;
}

export function ExpiryInput({ label, value, onChange, error, initialChoice }: ExpiryInputProps) {
  const [choice, setChoice] = useState<string>(initialChoice);

  function choose(chosen: string | null) {
    if (chosen === null) return;
    setChoice(chosen);
    if (chosen === "never") onChange(null);
    else if (chosen !== "own") onChange(endAfterDays(Number(chosen)));
    else if (value === null) onChange(endAfterDays(standardDays));
  }

  return (
    <Input.Wrapper error={error}>
      <Group gap="xs" align="flex-end">
        <Select label={label} allowDeselect={false} data={presets} value={choice} onChange={choose} flex="1 1 180px" />
        {choice === "own" && (
          <TextInput
            type="datetime-local"
            aria-label="Date and time"
            flex="1 1 200px"
            value={value === null ? "" : toLocalInput(value)}
            onChange={({ currentTarget }) => {
              const end = new Date(currentTarget.value);
              if (!Number.isNaN(end.getTime())) onChange(end.toISOString());
            }}
          />
        )}
      </Group>
      {choice !== "own" && value !== null && (
        <Text size="xs" c="dimmed" mt={4}>
          {local.format(new Date(value))}
        </Text>
      )}
    </Input.Wrapper>
  );
}

export function endAfterDays(days: number): string {
  return new Date(Date.now() + days * dayMs).toISOString();
}

/** As the browser's input has it: in the viewer's zone, without one. */
function toLocalInput(moment: string): string {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
