/** The keys of a rotation, one after the other. */
import { Anchor, Card, Group, Text, Timeline, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { KeyDetails } from "@tera/admin-api/keys";
import { Ago } from "../../format/ago.tsx";
import { Moment } from "../../format/moment.tsx";
import { KeyStateBadge } from "./key-state.tsx";

export function KeyRotation({ of: { id: keyId, rotation } }: { of: KeyDetails }) {
  return (
    <Card withBorder padding="md" component="section" aria-label="Rotation">
      <Title order={2} size="h4" mb="sm">
        Rotation
      </Title>
      {rotation.length === 1 ? (
        <Text size="sm" c="dimmed">
          Never rotated. A rotation puts a new key in its place, and lets the old one live on for a while.
        </Text>
      ) : (
        <Timeline active={rotation.findIndex(({ id }) => id === keyId)} bulletSize={14} lineWidth={2}>
          {rotation.map(({ id, lastFour, state, createdAt, lastUsedAt }) => (
            <Timeline.Item
              key={id}
              title={
                <Group gap="xs">
                  {id === keyId ? (
                    <Text span inherit className="mono">
                      …{lastFour}
                    </Text>
                  ) : (
                    <Anchor component={Link} to={`/keys/${id}`} inherit className="mono">
                      …{lastFour}
                    </Anchor>
                  )}
                  <KeyStateBadge state={state} />
                  {id === keyId && (
                    <Text size="xs" c="dimmed">
                      this one
                    </Text>
                  )}
                </Group>
              }
            >
              <Text size="xs" c="dimmed" component="div">
                Made <Moment at={createdAt} />, last used <Ago at={lastUsedAt} />
              </Text>
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Card>
  );
}
