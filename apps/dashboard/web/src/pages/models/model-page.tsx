/** One model: what clients are told of it, what it costs, who serves it, how it is called. */
import { Anchor, Badge, Button, Code, CopyButton, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ModelDetails } from "@tera/admin-api/models";
import { installationQuery } from "../../api/installation.ts";
import { modelQuery } from "../../api/models.ts";
import { useMay } from "../../api/session.ts";
import { formatCount } from "../../format/quantity.ts";
import { formatAmount } from "../../format/usd.tsx";
import { Fact } from "../../shell/fact.tsx";
import { Page } from "../../shell/page.tsx";
import { Section } from "../../shell/section.tsx";
import { toCurl } from "../playground/code-samples.ts";
import { ModelFacts } from "./model-facts.tsx";
import { ModelForm } from "./model-form.tsx";
import { PriceText, priceParts } from "./price-text.tsx";
import { ServingTable } from "./serving-table.tsx";

const route = getRouteApi("/inside/models/$modelId");

export function ModelPage() {
  const { modelId } = route.useParams();
  const { data: model } = useSuspenseQuery(modelQuery(modelId));
  const mayWrite = useMay("models:write");
  const { origin, operation } = model;
  return (
    <Page title={model.name} about={<ModelId id={model.id} />}>
      <SimpleGrid cols={{ base: 2, md: operation === null ? 2 : 4 }} spacing="sm">
        <Fact label="State">
          <State model={model} />
        </Fact>
        <Fact label="Context">
          {model.contextLength === null ? "unknown" : `${formatCount(model.contextLength)} tokens`}
        </Fact>
        {operation !== null && (
          <>
            <Fact label="Slots in use">
              {formatCount(operation.busy)} of {formatCount(operation.slots)}
            </Fact>
            <Fact label="Requests today (UTC)">{formatCount(operation.requestsToday)}</Fact>
          </>
        )}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Stack gap="md">
          <Section title="Price">
            <Prices model={model} />
          </Section>
          <Section title="What clients are told">
            <ModelFacts model={model} />
          </Section>
        </Stack>
        <Section title="Call it">
          <Example model={model} />
        </Section>
      </SimpleGrid>
      {origin !== null && (
        <Section title="Who serves it">
          <ServingTable servings={origin.servings} />
        </Section>
      )}
      {origin !== null && mayWrite && (
        <Section
          title="Say it yourself"
          about="What is not set is as the runners say, and only what all of them can. What is set wins, everywhere within a second."
        >
          <ModelForm model={model} origin={origin} />
        </Section>
      )}
    </Page>
  );
}

function ModelId({ id }: { id: string }) {
  return (
    <CopyButton value={id}>
      {({ copied, copy }) => (
        <Button
          variant="transparent"
          c="dimmed"
          size="compact-sm"
          px={0}
          h="auto"
          fw={400}
          onClick={copy}
          aria-label={copied ? "Copied" : `Copy ${id}`}
          rightSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          styles={{ label: { whiteSpace: "normal", overflowWrap: "anywhere", textAlign: "left" } }}
        >
          <span className="mono">{id}</span>
        </Button>
      )}
    </CopyButton>
  );
}

function State({ model: { state, listed, operation } }: { model: ModelDetails }) {
  const isServed = state === "served";
  return (
    <Group gap="xs">
      <Badge color={isServed ? "tera" : listed ? "red" : "gray"} variant="light">
        {state}
      </Badge>
      <Text span size="xs" c="dimmed" fw={400}>
        {operation !== null && `${operation.runnersReady} of ${operation.runners} replicas`}
        {!listed && ", not listed"}
      </Text>
    </Group>
  );
}

function Prices({ model: { id, price, operation } }: { model: ModelDetails }) {
  const mayPrice = useMay("prices:read");
  return (
    <Stack gap={6}>
      {price === null || price.free ? (
        <PriceText price={price} />
      ) : (
        priceParts(price).map(({ amount, unit }) => (
          <Group key={unit} justify="space-between" gap="sm">
            <Text size="sm" c="dimmed">
              {unit}
            </Text>
            <Text size="sm" fw={600} className="mono">
              ${formatAmount(amount)}
            </Text>
          </Group>
        ))
      )}
      {price === null && operation !== null && (
        <Text size="sm">Requests for it are refused, unless this installation serves unpriced models for nothing.</Text>
      )}
      {mayPrice && (
        <Anchor
          size="sm"
          w="fit-content"
          renderRoot={(props) => <Link to="/billing/prices/$model" params={{ model: id }} {...props} />}
        >
          {price === null ? "Give it a price" : "Price history"}
        </Anchor>
      )}
    </Stack>
  );
}

function Example({ model: { id, outputModalities } }: { model: ModelDetails }) {
  const { data: installation } = useSuspenseQuery(installationQuery);
  const speaks = outputModalities.includes("audio") && !outputModalities.includes("text");
  const code = toCurl({
    apiUrl: installation.apiUrl,
    path: speaks ? "/audio/speech" : "/chat/completions",
    body: speaks
      ? { model: id, input: "Hello!", voice: "alloy" }
      : { model: id, messages: [{ role: "user", content: "Hello!" }] },
  });
  return (
    <Stack gap="xs">
      <Code block style={{ overflowX: "auto" }} tabIndex={0}>
        {code}
      </Code>
      <CopyButton value={code}>
        {({ copied, copy }) => (
          <Button
            size="compact-sm"
            variant="light"
            onClick={copy}
            style={{ alignSelf: "flex-end" }}
            leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
