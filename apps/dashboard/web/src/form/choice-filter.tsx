/** Narrows a list to one of a few: "Any status", or one of them. */
import { Select, type SelectProps } from "@mantine/core";

export interface ChoiceFilterProps<Choice extends string> extends Pick<SelectProps, "w"> {
  /** "Status" */
  label: string;
  choices: readonly Choice[];
  /** In words; absent: as they are, with blanks. */
  words?: Readonly<Record<Choice, string>>;
  value: Choice | undefined;
  onChange(chosen: Choice | undefined): void;
}

export function ChoiceFilter<Choice extends string>(props: ChoiceFilterProps<Choice>) {
  const { label, choices, words, value, onChange, w = { base: "100%", xs: 200 } } = props;
  return (
    <Select
      aria-label={label}
      placeholder={`Any ${label.toLowerCase()}`}
      clearable
      data={choices.map((choice) => ({ value: choice, label: words?.[choice] ?? choice.replaceAll("_", " ") }))}
      value={value ?? null}
      onChange={(chosen) => onChange(choices.find((choice) => choice === chosen))}
      w={w}
    />
  );
}
