/** One fact of a thing, on a card: what it is, and its value. */
import { Card, Text } from "@mantine/core";
import type { ReactNode } from "react";

export interface FactProps {
  label: string;
  /** A few words under the value. */
  about?: ReactNode;
  children: ReactNode;
}

export function Fact({ label, about, children }: FactProps) {
  return (
    <Card withBorder padding="md">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div" size="sm" fw={600} mt={2} style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
      {about !== undefined && (
        <Text size="xs" c="dimmed" mt={2}>
          {about}
        </Text>
      )}
    </Card>
  );
}
