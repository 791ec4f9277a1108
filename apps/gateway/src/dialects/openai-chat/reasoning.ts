/** A message's or chunk's reasoning under the name that the catalog chose for the model. OpenAI has no name for it; clients expect one or the other. */
import type { ReasoningField } from "@tera/protocol";

/** Both undefined, and so absent in JSON, where there is no reasoning. */
export function nameReasoning(field: ReasoningField, reasoning: string | undefined) {
  return {
    reasoning_content: field === "reasoning" ? undefined : reasoning,
    reasoning: field === "reasoning_content" ? undefined : reasoning,
  };
}
