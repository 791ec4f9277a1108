/** Reads a request body as an engine does: the fields that it knows, under its own names; everything else is as if it were not there. */
import { badRequest } from "../engine-error.ts";

/** A name that the engine and vLLM share, or the engine's name and vLLM's. */
export type Field = string | readonly [theirs: string, ours: string];

export type Body = Record<string, unknown>;

/** @throws {EngineError} when it is no JSON object. */
export function asBody(json: unknown): Body {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw badRequest("the body is no JSON object");
  return { ...json };
}

/** @returns what the engine understood, under vLLM's names. A null is as good as nothing; of two names for one thing the first that is set wins. */
export function readFields(body: Body, fields: readonly Field[]): Body {
  const read: Body = {};
  for (const field of fields) {
    const [theirs, ours] = typeof field === "string" ? [field, field] : field;
    const value = body[theirs];
    if (value !== undefined && value !== null && read[ours] === undefined) read[ours] = value;
  }
  return read;
}

/** The names in a body that the engine does not know. */
export function unknownFields(body: Body, fields: readonly Field[]): string[] {
  const known = new Set(fields.map((field) => (typeof field === "string" ? field : field[0])));
  return Object.keys(body).filter((name) => !known.has(name));
}

/** For the request log: all but what is long and the same everywhere. */
export function parametersOf(read: Body): Body {
  const { messages, prompt, input, ...parameters } = read;
  return parameters;
}

/** What nearly every engine reads of a chat request. */
export const commonChatFields: readonly Field[] = [
  "model",
  "messages",
  "stream",
  "max_tokens",
  "temperature",
  "top_p",
  "stop",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "response_format",
  "tools",
  "tool_choice",
];

/** What nearly every engine reads of a text completion request. */
export const commonCompletionFields: readonly Field[] = [
  "model",
  "prompt",
  "stream",
  "max_tokens",
  "temperature",
  "top_p",
  "stop",
  "seed",
  "frequency_penalty",
  "presence_penalty",
];
