/** Makes a batch as a customer's program does. */
import type { Stack } from "@tera/testkit";
import OpenAI, { toFile } from "openai";

const endpoint = "/v1/chat/completions";
const tokens = 40;

/** @param key of the customer @returns its id */
export async function startBatch(
  { baseUrl, model }: Stack,
  key: string,
  { filename, lines }: { filename: string; lines: number },
): Promise<string> {
  const client = new OpenAI({ apiKey: key, baseURL: baseUrl, maxRetries: 0 });
  const content = Buffer.from(toLines(model, lines));
  const file = await client.files.create({ file: await toFile(content, filename), purpose: "batch" });
  return (await client.batches.create({ input_file_id: file.id, endpoint, completion_window: "24h" })).id;
}

/** The text of a file for a batch. */
export function toLines(model: string, count: number): string {
  const body = { model, messages: [{ role: "user", content: "Hello!" }], max_tokens: tokens };
  return Array.from({ length: count }, (_, at) =>
    JSON.stringify({ custom_id: `line-${at}`, method: "POST", url: endpoint, body }),
  ).join("\n");
}
