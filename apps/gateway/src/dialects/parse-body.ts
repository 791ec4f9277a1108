/** Parses a request body by its schema; the first thing wrong becomes the 400 that names its parameter. */
import { TeraError } from "@tera/protocol";
import type { z } from "zod";

/** @throws {TeraError} `invalid_request` with OpenAI's `param`: `messages[0].content`. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = issue === undefined ? "" : toParam(issue.path);
  if (param === "") throw new TeraError("invalid_request", "The request body must be a JSON object.");
  throw new TeraError("invalid_request", `${param}: ${issue?.message ?? "is invalid"}`, { param });
}

function toParam(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}
