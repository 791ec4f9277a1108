/** A runner's state, in a colour that says whether it is well. */
import { Badge } from "@mantine/core";
import type { LiveRunner } from "@tera/admin-api/workers";
import { describeState } from "./runner-words.ts";

export function RunnerState({ runner }: { runner: Pick<LiveRunner, "state" | "reason" | "busy"> }) {
  const { color, label } = describeState(runner);
  return (
    <Badge size="sm" variant="light" color={color}>
      {label}
    </Badge>
  );
}
