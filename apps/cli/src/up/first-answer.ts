/** Waits until the stack has answered for real: a model is listed, and has generated something through the public API, with the key that is printed. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { UpError } from "./up-error.ts";

const retryMs = 100;
const requestTimeoutMs = 120_000;

const modelsSchema = z.object({
  data: z.array(z.object({ id: z.string(), output_modalities: z.array(z.string()).optional() })),
});
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

export interface FirstModel {
  id: string;
  speaks: boolean;
}

/**
 * @param api `http://127.0.0.1:8787/v1`
 * @param giveUp asked before every further try: why it is pointless, in a sentence; undefined while there is hope.
 * @throws {UpError} with what `giveUp` said, or when the key is refused; whatever `signal` was aborted with.
 */
export async function untilFirstAnswer(
  { api, apiKey }: { api: string; apiKey: string },
  { giveUp, signal }: { giveUp: (lastProblem: string) => Promise<string | undefined>; signal: AbortSignal },
): Promise<FirstModel> {
  for (;;) {
    const outcome = await tryOnce(api, apiKey, signal);
    if (typeof outcome !== "string") return outcome;
    const reason = await giveUp(outcome);
    if (reason !== undefined) throw new UpError(reason);
    await delay(retryMs, undefined, { signal });
  }
}

/** @returns the model that answered, or what went wrong this time. */
async function tryOnce(api: string, apiKey: string, signal: AbortSignal): Promise<FirstModel | string> {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const call = (path: string, body?: object) =>
    fetch(`${api}${path}`, {
      method: body ? "POST" : "GET",
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  try {
    const listed = await call("/models");
    if (listed.status === 401) {
      throw new UpError(
        "The gateway refuses the key in first-key of the data directory: remove that file and start again.",
      );
    }
    if (!listed.ok) return await problemOf(listed);
    const [entry] = modelsSchema.parse(await listed.json()).data;
    if (!entry) return "no model is served yet";
    const speaks = entry.output_modalities?.includes("text") === false;
    const answered = speaks
      ? await call("/audio/speech", { model: entry.id, input: "Hi." })
      : await call("/chat/completions", {
          model: entry.id,
          messages: [{ role: "user", content: "Hi" }],
          max_tokens: 4,
        });
    if (!answered.ok) return await problemOf(answered);
    await answered.arrayBuffer();
    return { id: entry.id, speaks };
  } catch (error) {
    if (signal.aborted || error instanceof UpError) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

async function problemOf(response: Response): Promise<string> {
  const parsed = errorSchema.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? parsed.data.error.message : `HTTP ${response.status}`;
}
