/** What a customer's accounts have, spent and used. Nothing of the installation. */

import { Card, Select, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { OverviewUsage } from "../../../../api/overview.ts";
import { accountsQuery } from "../../api/accounts.ts";
import { overviewUsageQuery } from "../../api/overview.ts";
import { useSession } from "../../api/session.ts";
import { formatCount, formatShort } from "../../format/quantity.ts";
import { formatAmount, Usd } from "../../format/usd.tsx";
import { NotLoaded } from "../../list/not-loaded.tsx";
import { LiveTile } from "../../live/live-tile.tsx";
import { Page } from "../../shell/page.tsx";
import { HoursCharts } from "./hours-charts.tsx";

const route = getRouteApi("/inside/");
const amountLengthMax = 10;

export function AccountOverview() {
  const own = useSession().accounts ?? [];
  const { account } = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const usage = useQuery(overviewUsageQuery(account));
  const accounts = useQuery(accountsQuery({ pageSize: 100, sort: "name" }));
  const shown = accounts.data?.items.filter(({ id }) => account === undefined || id === account) ?? [];

  return (
    <Page
      title="Overview"
      about={own.length === 1 ? own[0]?.name : "What your accounts have, spend and use."}
      actions={
        own.length > 1 && (
          <Select
            aria-label="Account"
            placeholder="All accounts"
            clearable
            w={240}
            data={own.map(({ id, name }) => ({ value: id, label: name }))}
            value={account ?? null}
            onChange={(id) => navigate({ search: { account: id ?? undefined }, replace: true })}
          />
        )
      }
    >
      {usage.isError ? (
        <NotLoaded what="What was used" error={usage.error} onRetry={usage.refetch} />
      ) : (
        <Stack gap="md">
          <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
            {shown.length === 1 ? (
              <Money label="Balance" amount={shown[0]?.balance} about={`${shown[0]?.kind} account`} />
            ) : (
              <LiveTile label="Accounts" value={formatCount(shown.length)} about="their balances are below" />
            )}
            <Money label="Spent today (UTC)" amount={usage.data?.today.charged} about={requestsOf(usage.data?.today)} />
            <Money
              label="Spent this month (UTC)"
              amount={usage.data?.month.charged}
              about={requestsOf(usage.data?.month)}
            />
            <Tokens hours={usage.data?.hours} />
          </SimpleGrid>
          {shown.length > 1 && (
            <Card withBorder padding="md" component="section" aria-labelledby="balances">
              <Title order={2} size="sm" mb="sm" id="balances">
                Balances
              </Title>
              <Stack gap={6}>
                {shown.map(({ id, name, balance }) => (
                  <Text key={id} size="sm" component="div" style={{ display: "flex", justifyContent: "space-between" }}>
                    <span>{name}</span>
                    <Usd amount={balance} />
                  </Text>
                ))}
              </Stack>
            </Card>
          )}
          {usage.data === undefined ? <Skeleton h={264} radius="md" /> : <HoursCharts hours={usage.data.hours} />}
        </Stack>
      )}
    </Page>
  );
}

function requestsOf(used: OverviewUsage["today"] | undefined): string {
  if (used === undefined) return "";
  return used.requests === 1 ? "1 request" : `${formatCount(used.requests)} requests`;
}

function Money({ label, amount, about }: { label: string; amount: string | undefined; about: string }) {
  return (
    <LiveTile
      label={label}
      value={amount === undefined ? "–" : <Usd amount={amount} />}
      isLong={formatAmount(amount ?? "0").length > amountLengthMax}
      about={amount === undefined ? "" : about}
    />
  );
}

function Tokens({ hours = [] }: { hours: OverviewUsage["hours"] | undefined }) {
  const tokens = hours.reduce((sum, hour) => sum + hour.promptTokens + hour.completionTokens, 0);
  return <LiveTile label="Tokens, last 24 hours" value={formatShort(tokens)} about={`${formatCount(tokens)} in all`} />;
}
