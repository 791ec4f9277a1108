/** The call as curl, Python and Node, to copy. */
import { Modal, Text } from "@mantine/core";
import { type Call, toCurl, toNode, toPython } from "./code-samples.ts";
import { CodeTabs } from "./code-tabs.tsx";

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
  ] as const;
  return (
    <Modal opened={opened} onClose={onClose} title="This call in your code" size="lg">
      <CodeTabs samples={samples} heightMaxPx={380}>
        <Text size="xs" c="dimmed">
          Put a key of your own into TERA_API_KEY.
        </Text>
      </CodeTabs>
    </Modal>
  );
}
