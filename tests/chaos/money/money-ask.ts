/** One request as a client sends it, on any generating endpoint, and how far its answer came. */
import { createSseParser } from "@tera/protocol";
import { z } from "zod";

export type Endpoint = "chat" | "completion" | "speech";

export interface MoneyQuestion {
  endpoint: Endpoint;
  model: string;
  /** Where its prompt is found again in a runner's log. */
  mark: string;
  maxTokens: number;
  stream: boolean;
}

export interface MoneyAnswer {
  /**
   * - `whole`: everything came, to the end.
   * - `refused`: an HTTP error.
   * - `broken`: it had begun or was waited for, and its connection or its stream ended early.
   * - `left`: we left.
   */
  end: "whole" | "refused" | "broken" | "left";
  status: number | undefined;
  /** Of an error. */
  code: string | undefined;
  requestId: string | undefined;
  /** Pieces of text that came; 0 where the answer is not a stream of text. */
  received: number;
}

export interface MoneyAskOptions {
  /** `http://127.0.0.1:<port>` */
  url: string;
  apiKey: string;
  /** To leave early. */
  signal?: AbortSignal;
  /** Called with how many pieces have come; a stream only. */
  onPiece?: (received: number) => void;
}

const answerMaxMs = 60_000;
const paths = { chat: "chat/completions", completion: "completions", speech: "audio/speech" };
const eventSchema = z.object({
  error: z.object({ code: z.string().nullish() }).optional(),
  choices: z
    .array(z.object({ delta: z.object({ content: z.string().nullish() }).optional(), text: z.string().nullish() }))
    .default([]),
});
const errorSchema = z.object({ error: z.object({ code: z.string().nullish() }) });

/** Never rejects. */
export async function askForMoney(question: MoneyQuestion, options: MoneyAskOptions): Promise<MoneyAnswer> {
  const { signal } = options;
  const answer: MoneyAnswer = { end: "broken", status: undefined, code: undefined, requestId: undefined, received: 0 };
  try {
    const timeout = AbortSignal.timeout(answerMaxMs);
    const response = await fetch(`${options.url}/v1/${paths[question.endpoint]}`, {
      method: "POST",
      headers: { authorization: `Bearer ${options.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(bodyOf(question)),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    answer.status = response.status;
    answer.requestId = response.headers.get("x-request-id") ?? undefined;
    if (response.status !== 200) {
      answer.end = "refused";
      answer.code = errorSchema.parse(await response.json()).error.code ?? undefined;
    } else if (question.stream && question.endpoint !== "speech") {
      await readStream(response, answer, options.onPiece);
    } else {
      await response.arrayBuffer();
      answer.end = "whole";
    }
  } catch {
    if (signal?.aborted === true) answer.end = "left";
  }
  return answer;
}

async function readStream(response: Response, answer: MoneyAnswer, onPiece: MoneyAskOptions["onPiece"]): Promise<void> {
  const parser = createSseParser((data) => {
    if (data === "[DONE]") {
      answer.end = "whole";
      return;
    }
    const { error, choices } = eventSchema.parse(JSON.parse(data));
    if (error !== undefined) answer.code = error.code ?? "error";
    const hasText = choices.some(({ delta, text }) => (delta?.content ?? text ?? "") !== "");
    if (hasText) onPiece?.(++answer.received);
  });
  for await (const piece of response.body ?? []) parser.push(piece);
}

/** Also what a mark looks like in the runner's log. */
function bodyOf({ endpoint, model, mark, maxTokens, stream }: MoneyQuestion): object {
  const text = `${mark} tell me`;
  if (endpoint === "speech") return { model, input: text, voice: "alloy", response_format: "pcm" };
  const shared = { model, max_tokens: maxTokens, stream };
  return endpoint === "chat" ? { ...shared, messages: [{ role: "user", content: text }] } : { ...shared, prompt: text };
}

export function speechCharactersOf(question: MoneyQuestion): number {
  return question.endpoint === "speech" ? [...`${question.mark} tell me`].length : 0;
}
