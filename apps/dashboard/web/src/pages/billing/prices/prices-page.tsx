/** The price book: what each model costs now, and what it will. */
import { Anchor, Button, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Price, PricedModel } from "@tera/admin-api/prices";
import { useState } from "react";
import { pricesQuery } from "../../../api/prices.ts";
import { useMay } from "../../../api/session.ts";
import { Moment } from "../../../format/moment.tsx";
import { Usd } from "../../../format/usd.tsx";
import { EmptyState } from "../../../list/empty-state.tsx";
import { ListTable } from "../../../list/list-table.tsx";
import { BillingFrame } from "../billing-frame.tsx";
import { PriceForm } from "./price-form.tsx";
import { FreeBadge, Rate, Rates } from "./price-words.tsx";

const route = getRouteApi("/inside/billing/prices");

export function PricesPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/billing/prices" });
  const prices = useQuery(pricesQuery(search));
  const mayWrite = useMay("prices:write");
  const [isAdding, setAdding] = useState(false);
  const add = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
      New price
    </Button>
  );
  const amount = (of: (price: Price) => string) => (model: PricedModel) => <Amount model={model} of={of} />;
  return (
    <BillingFrame
      tab="prices"
      actions={
        <>
          {mayWrite && (
            <Button variant="default" component={Link} to="/billing/rerate">
              Re-rate usage
            </Button>
          )}
          {add}
        </>
      }
    >
      <ListTable
        label="Prices"
        query={prices}
        idOf={({ model }) => model}
        search={search}
        onSearch={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
        standardSort="model"
        searchPlaceholder="Search model"
        empty={
          <EmptyState title="No model has a price yet" action={add}>
            Without a price a model is refused, or, on a stack of `tera up`, served for nothing.
          </EmptyState>
        }
        columns={[
          {
            accessor: "model",
            title: "Model",
            sortable: true,
            width: 280,
            render: ({ model, prices: count }) => (
              <>
                <Anchor
                  renderRoot={(props) => <Link to="/billing/prices/$model" params={{ model }} {...props} />}
                  size="sm"
                  fw={600}
                  c="inherit"
                  underline="hover"
                  style={{ overflowWrap: "anywhere" }}
                >
                  {model}
                </Anchor>
                <Text size="xs" c="dimmed">
                  {count} {count === 1 ? "price" : "prices"} in its history
                </Text>
              </>
            ),
          },
          {
            accessor: "input",
            title: "Input / M",
            textAlign: "right",
            render: (model) => (model.inForce?.free === true ? <FreeBadge /> : amount(({ input }) => input)(model)),
          },
          { accessor: "output", title: "Output / M", textAlign: "right", render: amount(({ output }) => output) },
          {
            accessor: "cacheRead",
            title: "Cached / M",
            textAlign: "right",
            render: amount(({ cacheRead }) => cacheRead),
          },
          { accessor: "request", title: "Other", textAlign: "right", render: (model) => <Other model={model} /> },
          {
            accessor: "batchDiscountPercent",
            title: "Batch",
            textAlign: "right",
            noWrap: true,
            render: ({ inForce }) =>
              inForce === null || inForce.batchDiscountPercent === "0" ? (
                <None />
              ) : (
                `−${inForce.batchDiscountPercent} %`
              ),
          },
          {
            accessor: "ahead",
            title: "Next",
            width: 280,
            render: ({ ahead }) =>
              ahead === null ? (
                <None />
              ) : (
                <>
                  <Rates price={ahead} />
                  <Text size="xs" c="dimmed">
                    from <Moment at={ahead.validFrom} />
                  </Text>
                </>
              ),
          },
        ]}
        onOpen={({ model }) => navigate({ to: "/billing/prices/$model", params: { model } })}
      />
      <PriceForm opened={isAdding} onClose={() => setAdding(false)} />
    </BillingFrame>
  );
}

function Amount({ model: { inForce }, of }: { model: PricedModel; of: (price: Price) => string }) {
  if (inForce === null || inForce.free || of(inForce) === "0") return <None />;
  return <Usd amount={of(inForce)} />;
}

function Other({ model: { inForce } }: { model: PricedModel }) {
  if (inForce === null || (inForce.perMillionCharacters === "0" && inForce.request === "0")) return <None />;
  const { perMillionCharacters, request } = inForce;
  return (
    <>
      {perMillionCharacters !== "0" && <Rate amount={perMillionCharacters} unit="/ M characters" />}
      {request !== "0" && <Rate amount={request} unit="/ request" />}
    </>
  );
}

function None() {
  return (
    <Text span c="dimmed" inherit aria-label="none">
      –
    </Text>
  );
}
