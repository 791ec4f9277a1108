/** Revokes a key, for good: its last four characters are typed first. */
import { Checkbox, Modal, Stack, Text, TextInput } from "@mantine/core";
import type { Key } from "@tera/admin-api/keys";
import { useState } from "react";
import { useRevokeKey } from "../../api/keys.ts";
import { FormButtons } from "../../form/form-buttons.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";

export function RevokeKeyModal({ of, onClose }: { of: Key; onClose(): void }) {
  const revoking = useRevokeKey(of.id);
  const [endStreams, setEndStreams] = useState(false);
  const [typed, setTyped] = useState("");
  const isSure = typed.trim() === of.lastFour;

  function revoke() {
    revoking.mutate(
      { endStreams },
      {
        onSuccess: ({ name }) => {
          tellSuccess(`${name} is revoked.`);
          onClose();
        },
        onError: tellFailure,
      },
    );
  }

  return (
    <Modal opened onClose={onClose} title={`Revoke ${of.name}?`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isSure) revoke();
        }}
      >
        <Stack gap="md">
          <Text size="sm">
            It opens nothing from now on, on every gateway within a second, and this cannot be undone. Requests that
            wait for a slot end with status 401.
          </Text>
          <Checkbox
            label="End also what is being answered"
            description="Streams end with an error; what was generated until then is charged."
            checked={endStreams}
            onChange={({ currentTarget }) => setEndStreams(currentTarget.checked)}
          />
          <TextInput
            label={
              <>
                Type the last four characters of the key, <span className="mono">{of.lastFour}</span>
              </>
            }
            autoComplete="off"
            data-autofocus
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <FormButtons
            onCancel={onClose}
            submit="Revoke for good"
            isPending={revoking.isPending}
            disabled={!isSure}
            isDangerous
          />
        </Stack>
      </form>
    </Modal>
  );
}
