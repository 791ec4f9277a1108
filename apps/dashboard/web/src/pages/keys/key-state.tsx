/** Whether a key opens the API, in a word and a colour. */
import { Badge, Group, Tooltip } from "@mantine/core";
import type { Key, KeyState } from "@tera/admin-api/keys";

const colours: Record<KeyState, string> = { active: "tera", disabled: "orange", expired: "gray", revoked: "red" };

export function KeyStateBadge({ state }: { state: KeyState }) {
  return (
    <Badge variant="light" color={colours[state]} miw="max-content">
      {state}
    </Badge>
  );
}

/** And what else keeps it closed, or is about to. */
export function KeyStanding({ of: { state, accountDisabled, successorId } }: { of: Key }) {
  return (
    <Group gap={6}>
      <KeyStateBadge state={state} />
      {accountDisabled && state === "active" && (
        <Tooltip label="Its account is disabled: it opens nothing.">
          <Badge color="red" variant="outline" miw="max-content">
            closed
          </Badge>
        </Tooltip>
      )}
      {successorId !== null && state === "active" && (
        <Tooltip label="A new key has taken its place; it lives on until it expires.">
          <Badge color="gray" variant="outline" miw="max-content">
            replaced
          </Badge>
        </Tooltip>
      )}
    </Group>
  );
}
