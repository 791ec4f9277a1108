/** What a chat is asked with: the settings of the panel, and the request that they make. */
import { z } from "zod";

export interface ChatSettings {
  system: string;
  temperature: number | null;
  topP: number | null;
  maxTokens: number | null;
  seed: number | null;
  stop: string[];
  reasoningEffort: "low" | "medium" | "high" | null;
  /** JSON: OpenAI's list of tools; empty: none. */
  tools: string;
  /** JSON: a JSON schema that answers must follow; empty: none. */
  schema: string;
}

export const plainSettings: ChatSettings = {
  system: "",
  temperature: null,
  topP: null,
  maxTokens: null,
  seed: null,
  stop: [],
  reasoningEffort: null,
  tools: "",
  schema: "",
};

export interface Message {
  role: "user" | "assistant";
  content: string;
}

/** Why the JSON in a field cannot be used; null: it can. */
export function problemOf(text: string, kind: "tools" | "schema"): string | null {
  if (text.trim() === "") return null;
  try {
    const content: unknown = JSON.parse(text);
    const parsed = (kind === "tools" ? toolsSchema : objectSchema).safeParse(content);
    return parsed.success ? null : kind === "tools" ? "must be a list of tools: [{…}]" : "must be a JSON schema: {…}";
  } catch {
    return "is not valid JSON";
  }
}

const objectSchema = z.record(z.string(), z.unknown());
const toolsSchema = z.array(objectSchema);

/** The body of `/v1/chat/completions`; settings that were not touched are not in it. */
export function toChatRequest(model: string, settings: ChatSettings, messages: readonly Message[]): object {
  const { system, temperature, topP, maxTokens, seed, stop, reasoningEffort, tools, schema } = settings;
  const isSet = (text: string) => text.trim() !== "";
  return {
    model,
    messages: [...(isSet(system) ? [{ role: "system", content: system }] : []), ...messages],
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { top_p: topP }),
    ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
    ...(seed === null ? {} : { seed }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(reasoningEffort === null ? {} : { reasoning_effort: reasoningEffort }),
    ...(isSet(tools) ? { tools: toolsSchema.parse(JSON.parse(tools)) } : {}),
    ...(isSet(schema)
      ? {
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", strict: true, schema: objectSchema.parse(JSON.parse(schema)) },
          },
        }
      : {}),
  };
}
