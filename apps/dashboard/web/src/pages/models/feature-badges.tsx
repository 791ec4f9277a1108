/** What a model can do, for people. */
import { Badge, Group, Text } from "@mantine/core";
import type { Model } from "@tera/admin-api/models";

type Feature = Model["features"][number];

export const featureNames: Record<Feature, string> = {
  tools: "tools",
  json_mode: "JSON mode",
  structured_outputs: "JSON schema",
  reasoning: "reasoning",
  logprobs: "logprobs",
};

export function FeatureBadges({ model }: { model: Pick<Model, "features" | "inputModalities" | "outputModalities"> }) {
  const { features, inputModalities, outputModalities } = model;
  const names = [
    ...inputModalities.filter((modality) => modality !== "text").map((modality) => `${modality} in`),
    ...outputModalities.filter((modality) => modality !== "text").map((modality) => `${modality} out`),
    ...features.map((feature) => featureNames[feature]),
  ];
  if (names.length === 0) {
    return (
      <Text span c="dimmed" size="sm">
        –
      </Text>
    );
  }
  return (
    <Group gap={4} miw={170}>
      {names.map((name) => (
        <Badge key={name} size="sm" variant="default" fw={500}>
          {name}
        </Badge>
      ))}
    </Group>
  );
}
