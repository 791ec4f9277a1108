/** Copies a text, and says that it did. */
import { Button, CopyButton as Copying } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <Copying value={text}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="light"
          onClick={copy}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        >
          {copied ? "Copied" : label}
        </Button>
      )}
    </Copying>
  );
}
