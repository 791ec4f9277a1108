/** A part of a page on a card of its own, under its title. */
import { Card, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./section.module.css";

export interface SectionProps {
  title: string;
  /** A sentence under the title. */
  about?: string;
  children: ReactNode;
}

export function Section({ title, about, children }: SectionProps) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title} className={classes["section"]}>
      <Stack gap="sm">
        <div>
          <Title order={2} size="h4">
            {title}
          </Title>
          {about !== undefined && (
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          )}
        </div>
        {children}
      </Stack>
    </Card>
  );
}
