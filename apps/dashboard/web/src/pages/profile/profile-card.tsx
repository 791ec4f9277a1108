/** The frame of a card on the profile page. */
import { Card, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function ProfileCard({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Stack gap="sm">
        <div>
          <Title order={2} size="h4">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {about}
          </Text>
        </div>
        {children}
      </Stack>
    </Card>
  );
}
