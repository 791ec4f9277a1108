/** One line of an input file, in OpenAI's format: `{"custom_id", "method", "url", "body"}`. */
import { type BatchEndpoint, batchEndpoints } from "@tera/database";
import { TeraError } from "@tera/protocol";
import { z } from "zod";

const customIdMax = 512;

const requestLineSchema = z.object({
  custom_id: z.string().min(1).max(customIdMax),
  method: z.literal("POST"),
  url: z.enum(batchEndpoints),
  body: z.object({ model: z.string().min(1) }).loose(),
});

export interface RequestLine {
  customId: string;
  url: BatchEndpoint;
  model: string;
  body: Readonly<Record<string, unknown>>;
}

/** @throws {TeraError} `invalid_request` in words for who wrote the file; it does not know the line's number. */
export function parseRequestLine(text: string): RequestLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new TeraError(
      "invalid_request",
      `it is not JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  const parsed = requestLineSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join(".") ?? "";
    throw new TeraError(
      "invalid_request",
      `${param === "" ? "the line" : `\`${param}\``}: ${issue?.message ?? "is not valid"}`,
      {
        param: param === "" ? undefined : param,
      },
    );
  }
  const { custom_id: customId, url, body } = parsed.data;
  return { customId, url, model: body.model, body };
}
