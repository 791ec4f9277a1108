/** Something that is shown once: with a button that copies it, and the word that it will not be seen again. */
import { ActionIcon, Alert, Code, CopyButton, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";

export function SecretOnce({ secret, what, children }: { secret: string; what: string; children?: ReactNode }) {
  return (
    <Stack gap="sm">
      <Alert color="yellow" variant="light" title={`Copy the ${what} now`}>
        <Text size="sm">It is shown this once, and cannot be read again.</Text>
      </Alert>
      <Group wrap="nowrap" gap="xs">
        <Code block flex={1} style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} data-testid="secret">
          {secret}
        </Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy"}>
              <ActionIcon variant="light" size="lg" onClick={copy} aria-label={`Copy the ${what}`}>
                {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
      {children}
    </Stack>
  );
}
