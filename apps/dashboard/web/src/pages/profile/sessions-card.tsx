/** Browsers that are signed in. */
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { endOtherSessions, sessionsQuery } from "../../api/profile.ts";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Section } from "../../shell/section.tsx";

export function SessionsCard() {
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const ending = useMutation({
    mutationFn: endOtherSessions,
    onSuccess: async () => {
      tellSuccess("Signed out everywhere else.");
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
    onError: tellFailure,
  });
  return (
    <Section title="Signed in" about="Browsers that are signed in as you.">
      <Stack gap={8}>
        {sessions.data?.map(({ id, userAgent, ipAddress, createdAt, isThis }) => (
          <div key={id}>
            <Group gap="xs">
              <Text size="sm" truncate maw={320}>
                {userAgent ?? "unknown browser"}
              </Text>
              {isThis && (
                <Badge size="xs" variant="light">
                  this one
                </Badge>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {ipAddress ?? "unknown address"}, since <Moment at={createdAt} />
            </Text>
          </div>
        ))}
      </Stack>
      <Group justify="flex-end">
        <Button
          variant="default"
          loading={ending.isPending}
          onClick={() => ending.mutate()}
          disabled={(sessions.data?.length ?? 0) < 2}
        >
          Sign out everywhere else
        </Button>
      </Group>
    </Section>
  );
}
