/** The words that everybody shares: API schemas, Job, Frame, Delta, Usage, errors, SSE. No I/O. */
export * from "./control.ts";
export * from "./delta.ts";
export * from "./environment.ts";
export * from "./errors.ts";
export * from "./frame.ts";
export * from "./generation-request.ts";
export * from "./job.ts";
export * from "./openai/chat.ts";
export * from "./openai/completion.ts";
export * from "./openai/sampling.ts";
export * from "./openai/speech.ts";
export * from "./reasoning-splitter.ts";
export * from "./request-id.ts";
export * from "./sse.ts";
export * from "./usage.ts";
export * from "./usage-record.ts";
export * from "./worker-state.ts";
