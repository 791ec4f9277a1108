/** Waits until the stack has answered for real: a model is listed, and has generated something through the public API, with the key that is printed. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { UpError } from "./up-error.ts";

const retryMs = 100;
/** An engine that loads on demand answers when the model is in memory, and starts over when its client leaves (Ollama). */
const requestTimeoutMs = 600_000;
/** Times that a model may fail before another one is tried. Refused requests count at once: a model for embeddings cannot chat. */
const failuresMax = 2;

const modelsSchema = z.object({
  data: z.array(z.object({ id: z.string(), output_modalities: z.array(z.string()).optional() })),
});
type ListedModel = z.infer<typeof modelsSchema>["data"][number];
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

export interface FirstModel {
  id: string;
  speaks: boolean;
  /** How many more are served. */
  others: number;
}

export interface FirstAnswerOptions {
  /** Asked all the time: why it is pointless to wait longer, in a sentence; undefined while there is hope. */
  giveUp(lastProblem: string): Promise<string | undefined>;
  /** Models that need not be loaded first: they are tried before others. */
  inMemory: readonly string[];
  signal: AbortSignal;
}

/**
 * @param api `http://127.0.0.1:8787/v1`
 * @throws {UpError} with what `giveUp` said, or when the key is refused; whatever `signal` was aborted with.
 */
export async function untilFirstAnswer(
  { api, apiKey }: { api: string; apiKey: string },
  { giveUp, inMemory, signal }: FirstAnswerOptions,
): Promise<FirstModel> {
  const over = new AbortController();
  const limited = AbortSignal.any([signal, over.signal]);
  const failures = new Map<string, number>();
  let problem = "no model is served yet";

  async function call(path: string, body?: object): Promise<Response> {
    return fetch(`${api}${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      signal: AbortSignal.any([limited, AbortSignal.timeout(requestTimeoutMs)]),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  /** @returns the model that answered, or what went wrong this time. */
  async function tryOnce(): Promise<FirstModel | string> {
    const listed = await call("/models");
    if (listed.status === 401) {
      throw new UpError(
        "The gateway refuses the key in first-key of the data directory: remove that file and start again.",
      );
    }
    if (!listed.ok) return problemOf(listed);
    const models = modelsSchema.parse(await listed.json()).data;
    const [model] = inOrder(models, inMemory, failures);
    if (!model) return "no model is served yet";
    const speaks = !makesText(model);
    problem = `${model.id} has not answered yet`;
    const answered = speaks
      ? await call("/audio/speech", { model: model.id, input: "Hi." })
      : await call("/chat/completions", {
          model: model.id,
          messages: [{ role: "user", content: "Hi" }],
          max_tokens: 4,
        });
    if (answered.ok) {
      await answered.arrayBuffer();
      return { id: model.id, speaks, others: models.length - 1 };
    }
    failures.set(model.id, (failures.get(model.id) ?? 0) + weightOf(answered.status));
    return problemOf(answered);
  }

  /** Ends the waiting, also within a request that takes minutes. */
  async function askForPatience(): Promise<void> {
    while (!limited.aborted) {
      const reason = await giveUp(problem);
      if (reason !== undefined) return over.abort(new UpError(reason));
      await delay(retryMs, undefined, { signal: limited }).catch(() => undefined);
    }
  }

  const asking = askForPatience();
  try {
    for (;;) {
      limited.throwIfAborted();
      const outcome = await tryOnce().catch((error: unknown) => {
        limited.throwIfAborted();
        if (error instanceof UpError) throw error;
        return error instanceof Error ? error.message : String(error);
      });
      if (typeof outcome !== "string") return outcome;
      problem = outcome;
      await delay(retryMs, undefined, { signal: limited }).catch(() => undefined);
    }
  } finally {
    over.abort();
    await asking;
  }
}

/** Those that failed too often last; else those that make text, and of these the ones in memory, first. */
function inOrder(
  models: readonly ListedModel[],
  inMemory: readonly string[],
  failures: ReadonlyMap<string, number>,
): ListedModel[] {
  const rank = (model: ListedModel) =>
    Math.floor((failures.get(model.id) ?? 0) / failuresMax) * 4 +
    (makesText(model) ? 0 : 2) +
    (inMemory.includes(model.id) ? 0 : 1);
  return models.toSorted((a, b) => rank(a) - rank(b));
}

function makesText({ output_modalities }: ListedModel): boolean {
  return output_modalities?.includes("text") !== false;
}

/** Of a failed request, for its model: 503 and 429 are said of the stack, not of the model. */
function weightOf(status: number): number {
  if (status === 503 || status === 429) return 0;
  return status < 500 ? failuresMax : 1;
}

async function problemOf(response: Response): Promise<string> {
  const parsed = errorSchema.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? parsed.data.error.message : `HTTP ${response.status}`;
}
