/** How a request ended, by a word and a colour, and the code of its error. */
import { Badge, Text } from "@mantine/core";
import type { RequestStatus } from "@tera/admin-api/requests";

const colors: Record<RequestStatus, string> = {
  succeeded: "tera",
  failed: "red",
  cancelled: "gray",
  refused: "orange",
};

export function StatusBadge({ status, size = "sm" }: { status: RequestStatus; size?: "sm" | "lg" }) {
  return (
    <Badge variant="light" color={colors[status]} size={size}>
      {status}
    </Badge>
  );
}

export function StatusAndCode({ status, code }: { status: RequestStatus; code: string | null }) {
  return (
    <>
      <StatusBadge status={status} />
      {code !== null && (
        <Text size="xs" c="dimmed" mt={2}>
          <span className="mono">{code}</span>
        </Text>
      )}
    </>
  );
}
