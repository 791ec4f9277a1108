/** Passkeys: fingerprint, face or a hardware key instead of a password. */
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { addPasskey, passkeysQuery, removePasskey } from "../../api/profile.ts";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Section } from "../../shell/section.tsx";

export function PasskeysCard() {
  const client = useQueryClient();
  const passkeys = useQuery(passkeysQuery);
  const [name, setName] = useState("");
  const reload = () => client.invalidateQueries({ queryKey: passkeysQuery.queryKey });
  const adding = useMutation({
    mutationFn: addPasskey,
    onSuccess: async () => {
      setName("");
      tellSuccess("The passkey was added.");
      await reload();
    },
    onError: tellFailure,
  });
  const removing = useMutation({ mutationFn: removePasskey, onSuccess: reload, onError: tellFailure });
  return (
    <Section title="Passkeys" about="Fingerprint, face or a hardware key instead of a password.">
      <Stack gap={6}>
        {passkeys.data?.map(({ id, name: called, createdAt }) => (
          <Group key={id} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm" fw={600}>
                {called}
              </Text>
              <Text size="xs" c="dimmed">
                added <Moment at={createdAt} />
              </Text>
            </div>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={`Remove passkey ${called}`}
              onClick={() => removing.mutate(id)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        {passkeys.data?.length === 0 && (
          <Text size="sm" c="dimmed">
            None yet.
          </Text>
        )}
      </Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          adding.mutate(name.trim());
        }}
      >
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            flex={1}
            label="Name of a new one"
            placeholder="laptop"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" disabled={name.trim() === ""} loading={adding.isPending}>
            Add
          </Button>
        </Group>
      </form>
    </Section>
  );
}
