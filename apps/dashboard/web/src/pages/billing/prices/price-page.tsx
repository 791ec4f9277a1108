/** One model's prices: what is in force, what was, what comes. */
import { Anchor, Badge, Button, Card, Group, Pagination, Skeleton, Stack, Text, Timeline, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Price } from "@tera/admin-api/prices";
import { useState } from "react";
import { priceHistoryQuery } from "../../../api/prices.ts";
import { useMay } from "../../../api/session.ts";
import { Moment } from "../../../format/moment.tsx";
import { EmptyState } from "../../../list/empty-state.tsx";
import { NotLoaded } from "../../../list/not-loaded.tsx";
import { Page } from "../../../shell/page.tsx";
import { PriceForm } from "./price-form.tsx";
import { Rates, statusColors } from "./price-words.tsx";

const route = getRouteApi("/inside/billing/prices/$model");
const pageSize = 25;

export function PricePage() {
  const { model } = route.useParams();
  const [page, setPage] = useState(1);
  const history = useQuery(priceHistoryQuery({ model, page, pageSize }));
  const mayWrite = useMay("prices:write");
  const [isAdding, setAdding] = useState(false);
  const items = history.data?.items ?? [];
  const inForce = items.find(({ status }) => status === "in force");
  const pages = Math.ceil((history.data?.total ?? 0) / pageSize);
  const add = mayWrite && <Button onClick={() => setAdding(true)}>New price</Button>;
  return (
    <Page
      title={model}
      about={
        <Anchor size="sm" component={Link} to="/billing/prices">
          Price book
        </Anchor>
      }
      actions={
        mayWrite && (
          <>
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/billing/rerate" search={{ model }} {...props} />}
            >
              Re-rate usage
            </Button>
            {add}
          </>
        )
      }
    >
      {history.isPending && <Skeleton h={200} />}
      {history.isError && <NotLoaded what="The prices" error={history.error} onRetry={history.refetch} />}
      {history.isSuccess && items.length === 0 && (
        <EmptyState title="It never had a price" action={add}>
          Set one, and it is charged from then on.
        </EmptyState>
      )}
      {inForce !== undefined && (
        <Card withBorder padding="lg">
          <Text size="xs" c="dimmed" mb={4}>
            In force now
          </Text>
          <Rates price={inForce} />
        </Card>
      )}
      {items.length > 0 && (
        <Stack gap="md" component="section" aria-label="History">
          <Title order={2} size="h4">
            History
          </Title>
          <Timeline bulletSize={14} lineWidth={2} active={items.length}>
            {items.map((price) => (
              <Timeline.Item key={price.id} color={statusColors[price.status]} title={<Head price={price} />}>
                <Rates price={price} />
                <Text size="xs" c="dimmed" mt={4} style={{ overflowWrap: "anywhere" }}>
                  set <Moment at={price.createdAt} /> by {price.author}
                  {price.reason !== null && `: ${price.reason}`} · <span className="mono">{price.id}</span>
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
          {pages > 1 && (
            <Pagination
              total={pages}
              value={page}
              onChange={setPage}
              getControlProps={(control) => ({ "aria-label": `${control} page` })}
            />
          )}
        </Stack>
      )}
      <PriceForm
        key={inForce?.id ?? "none"}
        opened={isAdding}
        onClose={() => setAdding(false)}
        model={model}
        {...(inForce === undefined ? {} : { from: inForce })}
      />
    </Page>
  );
}

function Head({ price: { status, validFrom, revision } }: { price: Price }) {
  return (
    <Group gap="xs">
      <Text size="sm" fw={600} component="div">
        from <Moment at={validFrom} />
      </Text>
      <Badge variant="light" size="sm" color={statusColors[status]}>
        {status}
      </Badge>
      {revision > 1 && (
        <Text size="xs" c="dimmed">
          revision {revision}
        </Text>
      )}
    </Group>
  );
}
