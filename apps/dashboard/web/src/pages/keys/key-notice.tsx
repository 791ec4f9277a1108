/** Why a key opens nothing, or will not for long, and what to do. */
import { Alert, Anchor, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { KeyDetails } from "@tera/admin-api/keys";
import type { ReactNode } from "react";
import { Moment } from "../../format/moment.tsx";

export function KeyNotice({ of: key }: { of: KeyDetails }) {
  const notice = noticeOf(key);
  if (notice === undefined) return null;
  return (
    <Alert color={notice.color} icon={<IconInfoCircle size={18} />} variant="light">
      <Text size="sm">{notice.text}</Text>
    </Alert>
  );
}

function noticeOf(key: KeyDetails): { color: string; text: ReactNode } | undefined {
  const { state, accountDisabled, successorId, expiresAt } = key;
  const successor = successorId !== null && (
    <Anchor component={Link} to={`/keys/${successorId}`} inherit underline="always">
      A new key
    </Anchor>
  );
  switch (state) {
    case "revoked":
      return {
        color: "red",
        text: (
          <>
            It was revoked for good: <Moment at={key.revokedAt} />. <StillOpen of={key} />
          </>
        ),
      };
    case "expired":
      return {
        color: "gray",
        text: successor ? (
          <>It has expired. {successor} has taken its place.</>
        ) : (
          "It has expired. Give it a new end under Change to bring it back."
        ),
      };
    case "disabled":
      return {
        color: "orange",
        text:
          key.disabledBy === "operator"
            ? "The operator has disabled it: it opens nothing until the operator enables it."
            : "It is disabled, and opens nothing until it is enabled.",
      };
    case "active":
      if (accountDisabled) return { color: "red", text: "Its account is disabled: none of its keys opens anything." };
      if (!successor) return undefined;
      return {
        color: "blue",
        text: (
          <>
            {successor} has taken its place; this one lives on until <Moment at={expiresAt} />.
          </>
        ),
      };
  }
}

/** Revoking one key of a rotation leaves the others as they are. */
function StillOpen({ of: { id: keyId, rotation } }: { of: KeyDetails }) {
  const open = rotation.filter(({ id, state }) => id !== keyId && state === "active");
  if (open.length === 0) return null;
  return (
    <>
      Of the same rotation {open.length === 1 ? "this key still opens" : "these keys still open"} the API:{" "}
      {open.map(({ id, lastFour }, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <Anchor component={Link} to={`/keys/${id}`} inherit underline="always" className="mono">
            …{lastFour}
          </Anchor>
        </span>
      ))}
      .
    </>
  );
}
