/** What clients are told of a model. */
import { SimpleGrid, Text } from "@mantine/core";
import type { Model } from "@tera/admin-api/models";
import type { ReactNode } from "react";
import { formatCount } from "../../format/quantity.ts";
import { FeatureBadges } from "./feature-badges.tsx";

export function ModelFacts({ model }: { model: Model }) {
  const { description, maxOutputLength, huggingFaceId, ownedBy, quantization, samplingParameters } = model;
  return (
    <>
      {description !== "" && (
        <Text size="sm" mb="md" style={{ whiteSpace: "pre-line" }}>
          {description}
        </Text>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Named label="Can">
          <FeatureBadges model={model} />
        </Named>
        <Named label="Longest answer">
          {maxOutputLength === null ? "unknown" : `${formatCount(maxOutputLength)} tokens`}
        </Named>
        <Named label="Made by">{ownedBy}</Named>
        <Named label="Hugging Face id">{huggingFaceId ?? "–"}</Named>
        <Named label="Weights">{quantization ?? "unknown"}</Named>
        <Named label="Sampling parameters">
          {samplingParameters.length === 0 ? "–" : <span className="mono">{samplingParameters.join(", ")}</span>}
        </Named>
      </SimpleGrid>
    </>
  );
}

function Named({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div" size="sm" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </div>
  );
}
