/** One figure as it is now, what belongs to it, and how it was in the last hour. */
import { Card, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Sparkline, type SparklineProps } from "./sparkline.tsx";

export interface LiveTileProps {
  label: string;
  value: ReactNode;
  /** Smaller: it does not fit otherwise. */
  isLong?: boolean;
  about: ReactNode;
  line?: SparklineProps;
}

export function LiveTile({ label, value, isLong = false, about, line }: LiveTileProps) {
  return (
    <Card withBorder padding="md" component="section" aria-label={label} style={{ overflow: "hidden" }}>
      <Text size="xs" c="dimmed" fw={500}>
        {label}
      </Text>
      <Text component="div" fz={isLong ? 18 : 26} fw={650} lh="38px" truncate>
        {value}
      </Text>
      <Text component="div" size="xs" c="dimmed" mih={20} truncate>
        {about}
      </Text>
      {line !== undefined && (
        <Card.Section mt={8}>
          <Sparkline {...line} />
        </Card.Section>
      )}
    </Card>
  );
}
