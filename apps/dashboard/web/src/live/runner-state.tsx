/** A runner's state, in a colour that says whether it is well. */
import { Badge } from "@mantine/core";
import type { LiveRunnerState } from "../../../api/live.ts";

const colors: Record<LiveRunnerState, string> = {
  starting: "blue",
  warming: "blue",
  ready: "tera",
  trial: "yellow",
  ejected: "orange",
  unhealthy: "red",
  drained: "gray",
  unloaded: "gray",
  stopped: "red",
};

export function RunnerState({ state }: { state: LiveRunnerState }) {
  return (
    <Badge size="sm" variant="light" color={colors[state]}>
      {state}
    </Badge>
  );
}
