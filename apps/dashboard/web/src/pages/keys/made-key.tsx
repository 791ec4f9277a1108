/** A new key, this once: to copy, and with what to call first. */

import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { MadeKey as Made } from "@tera/admin-api/keys";
import type { ReactNode } from "react";
import { installationQuery, modelIdsQuery } from "../../api/installation.ts";
import { SecretOnce } from "../../form/secret-once.tsx";
import { toCurl, toPython } from "../playground/code-samples.ts";
import { CodeTabs } from "../playground/code-tabs.tsx";

export interface MadeKeyProps {
  made: Made;
  /** What else there is to say. */
  children?: ReactNode;
  onDone(): void;
}

export function MadeKey({ made: { secret, key }, children, onDone }: MadeKeyProps) {
  const installation = useQuery(installationQuery);
  const models = useQuery(modelIdsQuery);
  const model =
    key.modelScope?.[0] ??
    models.data?.items.find(({ isServed }) => isServed)?.id ??
    models.data?.items[0]?.id ??
    "Qwen/Qwen2.5-7B-Instruct";
  const apiUrl = installation.data?.apiUrl;

  return (
    <SecretOnce secret={secret} what="key">
      {children}
      {apiUrl !== undefined && <FirstCall apiUrl={apiUrl} model={model} secret={secret} />}
      <Group justify="flex-end">
        <Button onClick={onDone}>I have copied it</Button>
      </Group>
    </SecretOnce>
  );
}

function FirstCall({ apiUrl, model, secret }: { apiUrl: string; model: string; secret: string }) {
  const body = { model, messages: [{ role: "user", content: "Hello!" }] };
  const call = { apiUrl, path: "/chat/completions", body } as const;
  const samples = [
    { name: "curl", code: `export TERA_API_KEY=${secret}\n\n${toCurl(call)}` },
    {
      name: "Python",
      code: toPython(call).replace('os.environ["TERA_API_KEY"]', JSON.stringify(secret)).replace("import os\n", ""),
    },
  ] as const;
  return (
    <Stack gap={6}>
      <Text size="sm">
        Clients of OpenAI need two settings: this key, and the base URL <Code>{apiUrl}</Code>
      </Text>
      <CodeTabs samples={samples} heightMaxPx={300} copyLabel="Copy the call" />
    </Stack>
  );
}
