/** An installation that has not answered anything yet: what is still to do until the first request, and the line that makes it. */

import { Anchor, Box, Card, Code, Group, Stack, Text, ThemeIcon, Title, VisuallyHidden } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { LiveWorker } from "@tera/admin-api/workers";
import type { ReactNode } from "react";
import type { Attention } from "../../../../api/overview.ts";
import { installationQuery } from "../../api/installation.ts";
import { CopyButton } from "../../form/copy-button.tsx";
import { toCurl } from "../playground/code-samples.ts";

export interface NextStepsProps {
  setUp: Attention["setUp"];
  workers: readonly LiveWorker[];
}

export function NextSteps({ setUp, workers }: NextStepsProps) {
  const ready = workers.flatMap(({ runners }) => runners).find(({ state }) => state === "ready");
  const model = ready?.models[0];
  return (
    <Card withBorder padding="lg" component="section" aria-labelledby="next-steps">
      <Title order={2} size="h4" id="next-steps" mb={4}>
        Five steps to the first answer
      </Title>
      <Text size="sm" c="dimmed" mb="md">
        What is done is ticked. This goes away with the first request.
      </Text>
      <Stack gap="md">
        <Step number={1} title="A model is served" isDone={model !== undefined}>
          {model === undefined
            ? "Start an engine (vLLM, llama.cpp, Ollama) beside a worker: it is found on its usual port within seconds."
            : `${model} is ready.`}
        </Step>
        <Step number={2} title="It has a price" isDone={setUp.price}>
          What tokens cost, in the{" "}
          <Anchor component={Link} to="/models" inherit underline="always">
            price of the model
          </Anchor>
          . Free is a price, too.
        </Step>
        <Step number={3} title="Somebody pays" isDone={setUp.account}>
          An{" "}
          <Anchor component={Link} to="/accounts" inherit underline="always">
            account
          </Anchor>{" "}
          with credit, or one that gets an invoice.
        </Step>
        <Step number={4} title="There is a key" isDone={setUp.key}>
          <Anchor component={Link} to="/keys" inherit underline="always">
            Keys
          </Anchor>{" "}
          open the API for an account, within the limits that you give them.
        </Step>
        <Step number={5} title="Ask" isDone={false}>
          <FirstCall model={model ?? "your/model"} />
        </Step>
      </Stack>
    </Card>
  );
}

interface StepProps {
  number: number;
  title: string;
  isDone: boolean;
  children: ReactNode;
}

function Step({ number, title, isDone, children }: StepProps) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <ThemeIcon radius="xl" size={24} variant={isDone ? "filled" : "default"} aria-hidden="true">
        {isDone ? <IconCheck size={14} /> : <Text size="xs">{number}</Text>}
      </ThemeIcon>
      <Box flex={1} miw={0}>
        <Text fw={600} size="sm" lh="24px">
          {title}
          {isDone && <VisuallyHidden>: done</VisuallyHidden>}
        </Text>
        <Text component="div" size="sm" c="dimmed">
          {children}
        </Text>
      </Box>
    </Group>
  );
}

function FirstCall({ model }: { model: string }) {
  const { data: installation } = useQuery(installationQuery);
  if (installation === undefined) return null;
  const messages = [{ role: "user", content: "Say hello." }];
  const line = toCurl({ apiUrl: installation.apiUrl, path: "/chat/completions", body: { model, messages } });
  return (
    <Stack gap="xs" align="flex-start" mt={4}>
      <Code block w="100%">
        {line}
      </Code>
      <CopyButton text={line} />
    </Stack>
  );
}
