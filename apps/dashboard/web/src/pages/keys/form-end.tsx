/** The buttons of a form that is longer than the screen: always in sight. */
import { Group } from "@mantine/core";
import type { ReactNode } from "react";

export function FormEnd({ children }: { children: ReactNode }) {
  return (
    <Group
      justify="flex-end"
      py="sm"
      bg="var(--mantine-color-body)"
      style={{ position: "sticky", bottom: 0, zIndex: 1, borderTop: "1px solid var(--mantine-color-default-border)" }}
    >
      {children}
    </Group>
  );
}
