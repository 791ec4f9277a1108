/** Whether what is shown is live: connecting, live, standing still, or lost. */
import { Badge, Tooltip } from "@mantine/core";
import type { LiveState } from "../api/live.ts";

export function LiveBadge({ live: { status, trouble } }: { live: LiveState }) {
  const { color, label, about } = describe(status, trouble);
  return (
    <Tooltip label={about} multiline maw={280}>
      <Badge variant="dot" color={color} size="lg" fw={500} role="status" aria-label={`${label}. ${about}`}>
        {label}
      </Badge>
    </Tooltip>
  );
}

function describe(status: LiveState["status"], trouble: string | undefined) {
  if (status === "lost") {
    return {
      color: "red",
      label: "Connection lost",
      about: "The dashboard does not answer. It is tried again by itself; what you see is what it said last.",
    };
  }
  if (trouble !== undefined) return { color: "orange", label: "Standing still", about: trouble };
  if (status === "live") return { color: "tera", label: "Live", about: "Figures come every two seconds." };
  return { color: "gray", label: "Connecting", about: "The first figures are on their way." };
}
