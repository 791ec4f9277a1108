/** Batches in the states that they are seen in: done with errors, refused, waiting for a model, paused by the operator, at work. */
import { setTimeout } from "node:timers/promises";
import type { Stack } from "@tera/testkit";
import OpenAI, { toFile } from "openai";
import type { APIRequestContext } from "playwright-core";

const gone = "gone/model-7b";
const endpoint = "/v1/chat/completions";
const pollMs = 500;
const doneWithinMs = 60_000;
/** More than any engine writes: it refuses the line. */
const tooMany = 100_000_000;

/** @param ask as the owner: cookies are set @returns ids of those whose pages are worth a look */
export async function seedBatches(
  { baseUrl, apiKey, model }: Stack,
  ask: APIRequestContext,
  origin: string,
): Promise<string[]> {
  const client = new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0 });

  async function tell(path: string, data: object): Promise<void> {
    const answer = await ask.post(`/admin/api${path}`, { data, headers: { origin } });
    if (!answer.ok()) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
  }

  async function start(name: string, count: number, change: (index: number) => object = () => ({})): Promise<string> {
    const lines = Array.from({ length: count }, (_, index) => {
      const messages = [{ role: "user", content: `Sum up the letter ${index}.` }];
      const body = { model, messages, max_tokens: 20, ...change(index) };
      return JSON.stringify({ custom_id: `letter-${index}`, method: "POST", url: endpoint, body });
    });
    const content = await toFile(Buffer.from(lines.join("\n")), name);
    const { id } = await client.files.create({ file: content, purpose: "batch" });
    const metadata = { team: "support", run: "2026-11" };
    return (await client.batches.create({ input_file_id: id, endpoint, completion_window: "24h", metadata })).id;
  }

  const refused = await start("evaluation.jsonl", 40, (at) => (at % 15 === 3 ? { messages: "none" } : {}));
  const done = await start("letters-2026-10.jsonl", 120, (at) => (at % 30 === 7 ? { max_tokens: tooMany } : {}));
  const until = Date.now() + doneWithinMs;
  while ((await client.batches.retrieve(done)).status !== "completed") {
    if (Date.now() > until) throw new Error(`the batch ${done} is not completed`);
    await setTimeout(pollMs);
  }
  // What has a price is waited for.
  await tell("/prices", { model: gone, input: "1", output: "2" });
  const waiting = await start("two-models.jsonl", 60, (at) => (at % 15 === 7 ? { model: gone } : {}));
  const paused = await start("descriptions_of_the_whole_catalogue_in_eleven_languages_2026-11.jsonl", 3_000);
  await tell(`/batches/${paused}/pause`, {});
  await start("letters-2026-11.jsonl", 20_000);
  return [done, refused, waiting, paused];
}
