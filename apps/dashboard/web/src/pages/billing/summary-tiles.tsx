/** The money of all accounts together. */
import { SimpleGrid, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { billingSummaryQuery } from "../../api/billing.ts";
import { formatAmount, Usd } from "../../format/usd.tsx";
import { Fact } from "../../shell/fact.tsx";

export function SummaryTiles() {
  const { data, isError } = useQuery(billingSummaryQuery);
  if (isError) return null;
  const tile = (label: string, amount: string | undefined, about: string | undefined) => (
    <Fact label={label} about={about ?? "…"}>
      {amount === undefined ? <Skeleton h={20} w={90} my={2} /> : <Usd amount={amount} />}
    </Fact>
  );
  const invoices = (count: number) => `${count} ${count === 1 ? "invoice" : "invoices"}`;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
      {tile("Prepaid credit", data?.credit, data && `of it $${formatAmount(data.leased)} held by gateways`)}
      {tile("Used, not invoiced yet", data?.uninvoiced, "by postpaid accounts")}
      {tile("Open invoices", data?.open, data && invoices(data.openInvoices))}
      {tile(
        "Overdue",
        data?.overdue,
        data && `${invoices(data.overdueInvoices)}${data.debt === "0" ? "" : `; debts $${formatAmount(data.debt)}`}`,
      )}
    </SimpleGrid>
  );
}
