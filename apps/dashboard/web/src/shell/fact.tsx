/** One fact of a thing, on a card: what it is, and its value. */
import { Card, Text } from "@mantine/core";
import type { ReactNode } from "react";

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Card withBorder padding="md">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div" size="sm" fw={600} mt={2}>
        {children}
      </Text>
    </Card>
  );
}
