/** Rotates a key: how long the old one lives on, then the new key itself, once. */
import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import type { Key } from "@tera/admin-api/keys";
import { useState } from "react";
import { useRotateKey } from "../../api/keys.ts";
import { secretDialog } from "../../dialog/secret-dialog.ts";
import { tellFailure } from "../../format/tell.ts";
import { MadeKey } from "./made-key.tsx";

const overlaps = [
  { hours: 0, label: "not at all", about: "It ends now. For a key that has leaked." },
  { hours: 1, label: "an hour", about: "For one program that you restart by hand." },
  { hours: 24, label: "a day", about: "For several programs." },
  { hours: 168, label: "a week", about: "For programs of other people." },
  { hours: 720, label: "30 days", about: "For what is changed rarely." },
];
const standardHours = 24;

export interface RotateKeyModalProps {
  of: Key;
  onClose(): void;
  /** @param keyId of the new key */
  onDone(keyId: string): void;
}

export function RotateKeyModal({ of, onClose, onDone }: RotateKeyModalProps) {
  const rotating = useRotateKey(of.id);
  const [hours, setHours] = useState(standardHours);
  const made = rotating.data;
  const isMade = made !== undefined;
  const dialog = secretDialog(rotating, onClose);

  return (
    <Modal opened title={isMade ? `The new key of ${of.name}` : `Rotate ${of.name}`} size="lg" {...dialog}>
      {isMade ? (
        <MadeKey made={made} onDone={() => onDone(made.key.id)} />
      ) : (
        <Stack gap="md">
          <Text size="sm">
            A new key with the same settings takes its place. Both share their budgets: rotating neither doubles nor
            renews them.
          </Text>
          <Radio.Group
            label="The old key lives on"
            value={String(hours)}
            onChange={(chosen) => setHours(Number(chosen))}
          >
            <Stack gap="sm" mt="xs">
              {overlaps.map((overlap) => (
                <Radio
                  key={overlap.hours}
                  value={String(overlap.hours)}
                  label={overlap.label}
                  description={overlap.about}
                />
              ))}
            </Stack>
          </Radio.Group>
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.onClose}>
              Cancel
            </Button>
            <Button
              onClick={() => rotating.mutate({ overlapHours: hours }, { onError: tellFailure })}
              loading={rotating.isPending}
            >
              Rotate
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
