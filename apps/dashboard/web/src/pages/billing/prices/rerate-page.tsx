/** Re-rating: a period of a model is charged anew. First its effect on each account, then, if that is meant, the booking. */
import { Alert, Anchor, Button, Card, Group, Loader, Select, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type Rerating, reratingRequestSchema } from "@tera/admin-api/prices";
import { useState } from "react";
import { modelIdsQuery } from "../../../api/installation.ts";
import { priceHistoryQuery, reratingQuery, useLookAtRerating } from "../../../api/prices.ts";
import { followTask } from "../../../api/tasks.ts";
import { fromMoment, MomentInput, toMoment } from "../../../form/moment-input.tsx";
import { blankAsUndefined, parseForm, showFailure } from "../../../form/parse-form.ts";
import { Page } from "../../../shell/page.tsx";
import { RerateBooking } from "./rerate-booking.tsx";
import { RerateEffect } from "./rerate-effect.tsx";

const route = getRouteApi("/inside/billing/rerate");
const pricesShownMax = 100;
const dayMs = 86_400_000;
const minuteMs = 60_000;

export function ReratePage() {
  const [begun, setBegun] = useState<Rerating>();
  const asked = useQuery(reratingQuery(begun?.state === "running" ? begun.id : undefined));
  const look = followTask(begun, asked);
  const result = look?.result ?? undefined;
  return (
    <Page
      title="Re-rate usage"
      about={
        <>
          Charges a model's requests of a period anew, by the{" "}
          <Anchor size="sm" component={Link} to="/billing/prices" underline="always">
            price book
          </Anchor>{" "}
          of today. Nothing is changed before you say so.
        </>
      }
    >
      <Stack gap="lg" maw={1000}>
        <Choice onBegun={setBegun} onChange={() => setBegun(undefined)} />
        {look?.state === "running" && (
          <Group gap="sm">
            <Loader size="sm" />
            <Text size="sm">Every request of the period is looked at: about ten seconds for a million.</Text>
          </Group>
        )}
        {look?.state === "failed" && (
          <Alert color="red" variant="light" title="It could not be worked out">
            {look.error}
          </Alert>
        )}
        {look !== undefined && result !== undefined && (
          <>
            <RerateEffect result={result} />
            {result.changed > 0 && <RerateBooking key={look.id} id={look.id} result={result} />}
          </>
        )}
      </Stack>
    </Page>
  );
}

function Choice({ onBegun, onChange }: { onBegun(look: Rerating): void; onChange(): void }) {
  const { model = "", from } = route.useSearch();
  const looking = useLookAtRerating();
  const { data: known } = useQuery(modelIdsQuery);
  const form = useForm({
    initialValues: {
      model,
      from: fromMoment(from === undefined ? new Date(Date.now() - dayMs) : new Date(from)),
      // Whole minutes: this one, too.
      to: fromMoment(new Date(Date.now() + minuteMs)),
      priceId: "",
    },
    onValuesChange: onChange,
  });
  const chosen = form.values.model;
  const prices = useQuery({
    ...priceHistoryQuery({ model: chosen, pageSize: pricesShownMax }),
    enabled: chosen !== "",
  });
  const ids = (known?.items ?? []).map(({ id }) => id);

  function look(values: typeof form.values) {
    const entered = {
      model: values.model,
      from: toMoment(values.from),
      to: toMoment(values.to),
      priceId: blankAsUndefined(values.priceId),
    };
    const body = parseForm(reratingRequestSchema, entered, form);
    if (body !== undefined) looking.mutate(body, { onSuccess: onBegun, onError: showFailure(form) });
  }

  return (
    <Card withBorder padding="lg">
      <form onSubmit={form.onSubmit(look)}>
        <Stack gap="sm">
          <Title order={2} size="h4">
            1. What is charged anew
          </Title>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select
              label="Model"
              required
              searchable
              data={[...new Set(chosen === "" ? ids : [chosen, ...ids])]}
              {...form.getInputProps("model")}
              value={chosen === "" ? null : chosen}
              onChange={(value) => {
                form.setFieldValue("model", value ?? "");
                form.setFieldValue("priceId", "");
              }}
            />
            <Select
              label="By"
              clearable
              placeholder="each moment's price, as the book has it today"
              data={(prices.data?.items ?? []).map(({ id, status, validFrom, input, output, free }) => ({
                value: id,
                label: `${free ? "free" : `$${input} in, $${output} out`}, from ${validFrom.slice(0, 10)} (${status})`,
              }))}
              value={form.values.priceId === "" ? null : form.values.priceId}
              onChange={(value) => form.setFieldValue("priceId", value ?? "")}
              error={form.errors["priceId"]}
            />
            <MomentInput label="Requests admitted from" required {...form.getInputProps("from")} />
            <MomentInput label="and before" required {...form.getInputProps("to")} />
          </SimpleGrid>
          <Group justify="flex-end">
            <Button type="submit" loading={looking.isPending}>
              Look at what would change
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
