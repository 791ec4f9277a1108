/** Under which name a chat answer carries a model's reasoning; chosen per model, because clients expect one or the other. */
export const reasoningFields = ["reasoning_content", "reasoning", "both"] as const;
export type ReasoningField = (typeof reasoningFields)[number];

export const defaultReasoningField: ReasoningField = "reasoning_content";
