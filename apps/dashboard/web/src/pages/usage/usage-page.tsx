/** What was used and what it cost: over time, and by model, key or account. */
import { Button, Group, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { usageDimensions } from "@tera/admin-api/usage";
import { useSession } from "../../api/session.ts";
import { usageCsvUrl, usageQuery } from "../../api/usage.ts";
import { OwnerFilters } from "../../form/owner-filters.tsx";
import { NotLoaded } from "../../list/not-loaded.tsx";
import { PeriodPicker } from "../../period/period-picker.tsx";
import { Page } from "../../shell/page.tsx";
import { UsageChartCard } from "./usage-chart-card.tsx";
import { toQuestion, type UsageSearch } from "./usage-search.ts";
import { UsageTable } from "./usage-table.tsx";
import { UsageTotals } from "./usage-totals.tsx";

const route = getRouteApi("/inside/usage");
const dimensionWords = { time: "Time", model: "Model", key: "Key", account: "Account" };

export function UsagePage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/usage" });
  const { accounts } = useSession();
  const hasAccounts = accounts === null || accounts.length > 1;
  const narrow = (change: Partial<UsageSearch>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const { query, mayHours } = toQuestion(search, Date.now());
  const report = useQuery(usageQuery({ ...query }));
  const dimensions = usageDimensions.filter((by) => by !== "account" || hasAccounts);

  return (
    <Page
      title="Usage"
      about="What was used and what it cost. Days are UTC's."
      actions={
        <Button
          component="a"
          href={usageCsvUrl({ ...query })}
          download
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          CSV
        </Button>
      }
    >
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <PeriodPicker value={search} standard="30d" onChange={narrow} />
          <Group gap="xs">
            <Text size="sm" c="dimmed">
              Group by
            </Text>
            <SegmentedControl
              aria-label="Group by"
              data={dimensions.map((by) => ({ value: by, label: dimensionWords[by] }))}
              value={query.by}
              onChange={(by) => narrow({ by: usageDimensions.find((each) => each === by) })}
            />
          </Group>
        </Group>
        <Group gap="sm">
          <OwnerFilters search={search} onNarrow={narrow} hasAccounts={hasAccounts} />
        </Group>
      </Stack>
      {report.isError ? (
        <NotLoaded what="The usage" error={report.error} onRetry={report.refetch} />
      ) : report.data === undefined ? (
        <Skeleton h={420} />
      ) : (
        <>
          <UsageTotals total={report.data.total} />
          <UsageChartCard
            usage={report.data}
            measure={search.show ?? "cost"}
            onMeasure={(show) => narrow({ show })}
            mayHours={mayHours}
            onInterval={(interval) => narrow({ interval })}
          />
          <UsageTable
            usage={report.data}
            fetching={report.isPlaceholderData}
            search={search}
            onNarrow={narrow}
            hasAccounts={hasAccounts}
          />
        </>
      )}
    </Page>
  );
}
