/** How a batch stands, by a word and a colour; one that is paused says so instead. */
import { Badge } from "@mantine/core";
import type { BatchStatus, ListedBatch } from "@tera/admin-api/batches";

const colors: Record<BatchStatus, string> = {
  validating: "blue",
  in_progress: "blue",
  finalizing: "blue",
  completed: "tera",
  failed: "red",
  expired: "orange",
  cancelling: "gray",
  cancelled: "gray",
};

export interface BatchStatusBadgeProps {
  batch: Pick<ListedBatch, "status" | "pause">;
  size?: "sm" | "lg";
}

export function BatchStatusBadge({ batch: { status, pause }, size = "sm" }: BatchStatusBadgeProps) {
  return (
    <Badge variant="light" color={pause === null ? colors[status] : "orange"} size={size}>
      {pause === null ? status.replace("_", " ") : "paused"}
    </Badge>
  );
}
