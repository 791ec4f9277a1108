/** The runners that name a model, and what each of them says of it. */
import { Anchor, Badge, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ModelServing } from "@tera/admin-api/models";
import "mantine-datatable/styles.layer.css";
import { DataTable } from "mantine-datatable";
import { formatCount } from "../../format/quantity.ts";
import { describeState } from "../../live/runner-words.ts";
import { featureNames } from "./feature-badges.tsx";

export function ServingTable({ servings }: { servings: ModelServing[] }) {
  if (servings.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No runner names it now. Requests for it are answered with 503 while it is listed, else with 404.
      </Text>
    );
  }
  return (
    <DataTable
      records={servings}
      idAccessor={({ workerId, runnerId }) => `${workerId}/${runnerId}`}
      columns={[
        {
          accessor: "runnerId",
          title: "Runner",
          noWrap: true,
          render: ({ runnerId, workerId }) => (
            <>
              <Anchor size="sm" fw={600} renderRoot={(props) => <Link to="/runners" {...props} />}>
                {runnerId}
              </Anchor>
              <Text size="xs" c="dimmed">
                on {workerId}
              </Text>
            </>
          ),
        },
        {
          accessor: "engine",
          title: "Engine",
          noWrap: true,
          render: ({ engine, engineVersion }) => `${engine} ${engineVersion ?? ""}`.trim(),
        },
        { accessor: "state", title: "State", render: (serving) => <StateBadge serving={serving} /> },
        {
          accessor: "busy",
          title: "Busy",
          textAlign: "right",
          noWrap: true,
          render: ({ busy, slots }) => `${busy} of ${slots}`,
        },
        {
          accessor: "contextLength",
          title: "Context",
          textAlign: "right",
          render: ({ contextLength }) => (contextLength === null ? "–" : formatCount(contextLength)),
        },
        { accessor: "quantization", title: "Weights", render: ({ quantization }) => quantization ?? "–" },
        {
          accessor: "features",
          title: "Can",
          noWrap: true,
          render: ({ features }) => features.map((feature) => featureNames[feature]).join(", ") || "–",
        },
      ]}
    />
  );
}

function StateBadge({ serving: { state, busy, draining } }: { serving: ModelServing }) {
  const { color, label } = draining
    ? { color: "orange", label: "Stopping" }
    : describeState({ state, busy, reason: null });
  return (
    <Badge color={color} variant="light" miw={92}>
      {label}
    </Badge>
  );
}
