/** An amount of USD: text, as it was typed, because a number would not be exact. */
import { Text, TextInput, type TextInputProps } from "@mantine/core";

export interface AmountInputProps extends TextInputProps {
  /** Of what it is the price: "per million tokens". */
  unit?: string;
}

const unitWidth = 150;

export function AmountInput({ unit, ...props }: AmountInputProps) {
  return (
    <TextInput
      inputMode="decimal"
      autoComplete="off"
      leftSection={<Text size="sm">$</Text>}
      {...(unit === undefined
        ? {}
        : {
            rightSection: (
              <Text size="xs" c="dimmed" pr="sm" ta="right" w="100%">
                {unit}
              </Text>
            ),
            rightSectionWidth: unitWidth,
          })}
      {...props}
    />
  );
}
