/** Something to be read before the rest: set apart by a line of its colour, calm in light and in dark. */
import { Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";

export interface NoticeProps {
  title: ReactNode;
  /** Of the theme: "red". */
  color: string;
  children?: ReactNode;
}

export function Notice({ title, color, children }: NoticeProps) {
  return (
    <Paper withBorder p="md" style={{ borderInlineStart: `4px solid var(--mantine-color-${color}-filled)` }}>
      <Text component="div" fw={600} size="sm" {...(children === undefined ? {} : { mb: 6 })}>
        {title}
      </Text>
      {children}
    </Paper>
  );
}
