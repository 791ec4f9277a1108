/** How a batch is made: by OpenAI's clients, or by hand. */
import { Box } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { installationQuery, modelIdsQuery } from "../../api/installation.ts";
import { CodeTabs } from "../playground/code-tabs.tsx";
import { toBatchCurl, toBatchPython } from "./batch-samples.ts";

export function FirstBatch() {
  const { data: installation } = useQuery(installationQuery);
  const { data: models } = useQuery(modelIdsQuery);
  if (installation === undefined) return null;
  const sample = { apiUrl: installation.apiUrl, model: models?.items[0]?.id ?? "your/model" };
  return (
    <Box w="100%" maw={760} ta="start">
      <CodeTabs
        heightMaxPx={360}
        samples={[
          { name: "Python", code: toBatchPython(sample) },
          { name: "curl", code: toBatchCurl(sample) },
        ]}
      />
    </Box>
  );
}
