/** The call as curl, Python and Node, to copy. */
import { Button, Code, CopyButton, Group, Modal, ScrollArea, Stack, Tabs, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { type Call, toCurl, toNode, toPython } from "./code-samples.ts";

export interface CodeModalProps {
  opened: boolean;
  onClose(): void;
  call: Call;
}

export function CodeModal({ opened, onClose, call }: CodeModalProps) {
  const samples = [
    { name: "curl", code: toCurl(call) },
    { name: "Python", code: toPython(call) },
    { name: "Node", code: toNode(call) },
  ];
  return (
    <Modal opened={opened} onClose={onClose} title="This call in your code" size="lg">
      <Tabs defaultValue="curl">
        <Tabs.List mb="sm">
          {samples.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {samples.map(({ name, code }) => (
          <Tabs.Panel key={name} value={name}>
            <Stack gap="sm">
              <ScrollArea.Autosize mah={380}>
                <Code block>{code}</Code>
              </ScrollArea.Autosize>
              <Group justify="space-between">
                <Text size="xs" c="dimmed">
                  Put a key of your own into TERA_API_KEY.
                </Text>
                <CopyButton value={code}>
                  {({ copied, copy }) => (
                    <Button
                      size="xs"
                      variant="light"
                      onClick={copy}
                      leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
                    >
                      {copied ? "Copied" : "Copy"}
                    </Button>
                  )}
                </CopyButton>
              </Group>
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Modal>
  );
}
