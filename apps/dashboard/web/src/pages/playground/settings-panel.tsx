/** What the models are asked with. */
import { JsonInput, NumberInput, Select, Stack, TagsInput, Textarea } from "@mantine/core";
import { type ChatSettings, problemOf } from "./chat-settings.ts";

export interface SettingsPanelProps {
  settings: ChatSettings;
  onChange(change: Partial<ChatSettings>): void;
}

const exampleTools = `[{"type": "function", "function": {"name": "get_weather",
  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]`;

export function SettingsPanel({ settings, onChange }: SettingsPanelProps) {
  const numberOf = (entered: number | string) => (typeof entered === "number" ? entered : null);
  return (
    <Stack gap="sm" component="section" aria-label="Parameters">
      <Textarea
        label="System prompt"
        autosize
        minRows={2}
        maxRows={8}
        value={settings.system}
        onChange={(event) => onChange({ system: event.currentTarget.value })}
      />
      <NumberInput
        label="Temperature"
        placeholder="the model's own"
        min={0}
        max={2}
        step={0.1}
        value={settings.temperature ?? ""}
        onChange={(entered) => onChange({ temperature: numberOf(entered) })}
      />
      <NumberInput
        label="Top p"
        placeholder="the model's own"
        min={0}
        max={1}
        step={0.05}
        value={settings.topP ?? ""}
        onChange={(entered) => onChange({ topP: numberOf(entered) })}
      />
      <NumberInput
        label="Max tokens"
        placeholder="as many as there is room for"
        min={1}
        allowDecimal={false}
        value={settings.maxTokens ?? ""}
        onChange={(entered) => onChange({ maxTokens: numberOf(entered) })}
      />
      <NumberInput
        label="Seed"
        placeholder="random"
        allowDecimal={false}
        value={settings.seed ?? ""}
        onChange={(entered) => onChange({ seed: numberOf(entered) })}
      />
      <TagsInput
        label="Stop at"
        placeholder="text, then Enter"
        maxTags={16}
        value={settings.stop}
        onChange={(stop) => onChange({ stop })}
      />
      <Select
        label="Reasoning effort"
        placeholder="the model's own"
        clearable
        data={["low", "medium", "high"]}
        value={settings.reasoningEffort}
        onChange={(effort) =>
          onChange({ reasoningEffort: effort === "low" || effort === "medium" || effort === "high" ? effort : null })
        }
      />
      <JsonInput
        label="Tools"
        placeholder={exampleTools}
        autosize
        minRows={2}
        maxRows={12}
        formatOnBlur
        value={settings.tools}
        onChange={(tools) => onChange({ tools })}
        error={problemOf(settings.tools, "tools")}
      />
      <JsonInput
        label="JSON schema of the answer"
        placeholder='{"type": "object", …}'
        autosize
        minRows={2}
        maxRows={12}
        formatOnBlur
        value={settings.schema}
        onChange={(schema) => onChange({ schema })}
        error={problemOf(settings.schema, "schema")}
      />
    </Stack>
  );
}
