/** The frame of a card on the settings page. */
import { Card, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function SettingsCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Card>
  );
}
