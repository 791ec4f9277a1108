/** One file, dropped or picked: with its name and size once it is there. */
import { ActionIcon, Box, FileButton, Group, Input, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconFileText, IconUpload, IconX } from "@tabler/icons-react";
import { type DragEvent, type ReactNode, useEffect, useId, useState } from "react";
import { formatBytes } from "../format/bytes.ts";
import classes from "./file-input.module.css";

export interface FileInputProps {
  label: string;
  description: ReactNode;
  /** Of the picker: `.jsonl`. What is dropped may be of any kind. */
  accept: string;
  value: File | null;
  onChange(file: File | null): void;
  error?: ReactNode;
  disabled?: boolean;
}

export function FileInput({ label, description, accept, value, onChange, error, disabled = false }: FileInputProps) {
  const labelId = useId();
  const errorId = useId();
  const hintId = useId();
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    // What misses the area must not take the place of the dashboard, and of what was filled in.
    function refuse(event: globalThis.DragEvent) {
      if (event.defaultPrevented || event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    }
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);

  function over(event: DragEvent) {
    // Without it the browser would open the file in place of the dashboard.
    event.preventDefault();
    setOver(!disabled && event.type === "dragover");
  }
  function drop(event: DragEvent) {
    over(event);
    const [dropped] = event.dataTransfer.files;
    if (!disabled && dropped !== undefined) onChange(dropped);
  }

  return (
    <Input.Wrapper
      label={label}
      labelElement="div"
      labelProps={{ id: labelId }}
      required
      error={error}
      errorProps={{ id: errorId }}
    >
      <Box
        className={classes["area"]}
        mod={{ over: isOver, refused: error !== undefined && error !== null, filled: value !== null }}
        onDragOver={over}
        onDragLeave={over}
        onDrop={drop}
      >
        {value === null ? (
          <FileButton accept={accept} onChange={onChange} disabled={disabled}>
            {(props) => (
              <UnstyledButton
                {...props}
                className={classes["pick"]}
                aria-labelledby={`${labelId} ${hintId}`}
                aria-describedby={errorId}
                aria-invalid={error !== undefined && error !== null}
              >
                <Stack align="center" gap={6}>
                  <IconUpload size={28} stroke={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
                  <Text size="sm" fw={500} id={hintId}>
                    Drop a file here, or choose one
                  </Text>
                  <Text size="xs" c="dimmed" ta="center">
                    {description}
                  </Text>
                </Stack>
              </UnstyledButton>
            )}
          </FileButton>
        ) : (
          <Group wrap="nowrap" gap="sm" p="md">
            <IconFileText
              size={28}
              stroke={1.5}
              color="var(--mantine-color-dimmed)"
              aria-hidden
              style={{ flexShrink: 0 }}
            />
            <Stack gap={0} miw={0} flex={1}>
              <Text size="sm" fw={500} truncate title={value.name}>
                {value.name}
              </Text>
              <Text size="xs" c="dimmed">
                {formatBytes(value.size)}
              </Text>
            </Stack>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Choose another file"
              disabled={disabled}
              onClick={() => onChange(null)}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        )}
      </Box>
    </Input.Wrapper>
  );
}
