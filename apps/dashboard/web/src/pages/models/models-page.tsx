/** All models. */
import { Anchor, Badge, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Model } from "@tera/admin-api/models";
import type { DataTableColumn } from "mantine-datatable";
import { modelsQuery } from "../../api/models.ts";
import { useSession } from "../../api/session.ts";
import { ChoiceFilter } from "../../form/choice-filter.tsx";
import { formatCount } from "../../format/quantity.ts";
import { EmptyState } from "../../list/empty-state.tsx";
import { ListTable } from "../../list/list-table.tsx";
import { Page } from "../../shell/page.tsx";
import { FeatureBadges } from "./feature-badges.tsx";
import { PriceText } from "./price-text.tsx";

const route = getRouteApi("/inside/models");

export function ModelsPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/models" });
  const models = useQuery(modelsQuery(search));
  const isOperator = useSession().accounts === null;
  const narrow = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <Page
      title="Models"
      about={
        isOperator
          ? "What can be asked for: as its runners say, and as you say over them."
          : "What you can ask for, and what it costs. Prices are in USD per million tokens."
      }
    >
      <ListTable
        label="Models"
        query={models}
        idOf={({ id }) => id}
        search={search}
        onSearch={narrow}
        standardSort="id"
        searchPlaceholder="Search id or name"
        isFiltered={search.state !== undefined || search.price !== undefined}
        filters={
          <>
            <ChoiceFilter
              label="State"
              choices={["served", "away"]}
              value={search.state}
              onChange={(state) => narrow({ state, page: undefined })}
              w={140}
            />
            {isOperator && (
              <ChoiceFilter
                label="Price"
                choices={["priced", "unpriced"]}
                words={{ priced: "with a price", unpriced: "without a price" }}
                value={search.price}
                onChange={(price) => narrow({ price, page: undefined })}
                w={170}
              />
            )}
          </>
        }
        empty={
          isOperator ? (
            <EmptyState title="No model yet">
              A model is here as soon as a runner serves it: start an engine, and it is attached by itself. The page
              Runners says how.
            </EmptyState>
          ) : (
            <EmptyState title="No model is offered now">
              As soon as one is served, it is listed here with its price. Ask the operator.
            </EmptyState>
          )
        }
        columns={columnsFor(isOperator)}
        onOpen={({ id }) => navigate({ to: "/models/$modelId", params: { modelId: id } })}
      />
    </Page>
  );
}

function columnsFor(isOperator: boolean): DataTableColumn<Model>[] {
  return [
    { accessor: "id", title: "Model", sortable: true, render: (model) => <NameCell model={model} /> },
    {
      accessor: "contextLength",
      title: "Context",
      sortable: true,
      textAlign: "right",
      render: ({ contextLength }) => (contextLength === null ? "–" : formatCount(contextLength)),
    },
    { accessor: "features", title: "Can", render: (model) => <FeatureBadges model={model} /> },
    { accessor: "quantization", title: "Weights", render: ({ quantization }) => quantization ?? "–" },
    {
      accessor: "price",
      title: "Price in / out",
      textAlign: "right",
      render: ({ price }) => <PriceText price={price} />,
    },
    ...(isOperator ? operatorColumns : []),
  ];
}

const operatorColumns: DataTableColumn<Model>[] = [
  {
    accessor: "runners",
    title: "Replicas",
    textAlign: "right",
    render: ({ operation }) => operation && <Replicas operation={operation} />,
  },
  {
    accessor: "requestsToday",
    title: "Requests today",
    sortable: true,
    textAlign: "right",
    render: ({ operation }) => operation && formatCount(operation.requestsToday),
  },
];

function Replicas({ operation: { runners, runnersReady } }: { operation: NonNullable<Model["operation"]> }) {
  return (
    <Text span size="sm" c={runnersReady === 0 ? "red" : "inherit"} style={{ whiteSpace: "nowrap" }}>
      {runnersReady} of {runners}
    </Text>
  );
}

function NameCell({ model: { id, name, state, listed, operation } }: { model: Model }) {
  return (
    <>
      <Group gap={6} miw={200}>
        <Anchor
          size="sm"
          fw={600}
          c="var(--mantine-color-text)"
          style={{ overflowWrap: "anywhere" }}
          renderRoot={(props) => <Link to="/models/$modelId" params={{ modelId: id }} {...props} />}
        >
          {name}
        </Anchor>
        {state === "away" && (
          <Badge color={listed ? "red" : "gray"} variant="light" size="sm">
            away
          </Badge>
        )}
        {operation !== null && operation.set.length > 0 && (
          <Badge color="blue" variant="light" size="sm">
            set by hand
          </Badge>
        )}
      </Group>
      {name !== id && (
        <Text size="xs" c="dimmed" className="mono">
          {id}
        </Text>
      )}
    </>
  );
}
