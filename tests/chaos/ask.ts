/** One chat request as a client sends it, and what came of it, compared byte for byte with what had to come. */
import { createSseParser } from "@tera/protocol";
import { type ExpectedAnswer, expectedChat } from "@tera/testkit";
import { z } from "zod";

export interface Question {
  model: string;
  messages: { role: "user"; content: string }[];
  max_tokens: number;
  seed: number;
  stream: boolean;
}

/**
 * - `finished`: the whole, right answer.
 * - `errorFrame`: a stream that broke after its first token, and said so.
 * - `clientError`: anything else that a client would call an error: an HTTP error, an error before the first token, another text, a silent end.
 * - `hung`: no end within the bound.
 */
export type OutcomeKind = "finished" | "errorFrame" | "clientError" | "hung";

export interface Outcome {
  kind: OutcomeKind;
  /** What went wrong, for the log. */
  why: string;
  requestId: string | undefined;
  question: Question;
  expected: ExpectedAnswer;
  /** Epoch milliseconds. */
  startedAtMs: number;
  endedAtMs: number;
}

export interface AskOptions {
  baseUrl: string;
  apiKey: string;
  hungAfterMs: number;
}

type Verdict = Pick<Outcome, "kind" | "why">;

const chunkSchema = z.object({
  error: z.object({ code: z.string().nullish(), message: z.string() }).optional(),
  choices: z
    .array(z.object({ delta: z.object({ content: z.string().nullish() }), finish_reason: z.string().nullish() }))
    .default([]),
});
const wholeSchema = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) });

const finished: Verdict = { kind: "finished", why: "" };

/** Never rejects. */
export async function ask(question: Question, { baseUrl, apiKey, hungAfterMs }: AskOptions): Promise<Outcome> {
  const startedAtMs = Date.now();
  const expected = expectedChat(question);
  const text = expected.choices[0]?.content ?? "";
  const timeout = AbortSignal.timeout(hungAfterMs);
  let requestId: string | undefined;
  let verdict: Verdict;
  try {
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(question),
      signal: timeout,
    });
    requestId = response.headers.get("x-request-id") ?? undefined;
    if (response.status !== 200) {
      verdict = clientError(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
    } else if (question.stream) {
      verdict = await judgeStream(response, text);
    } else {
      const whole = wholeSchema.parse(await response.json());
      verdict = whole.choices[0]?.message.content === text ? finished : clientError("another text");
    }
  } catch (error) {
    verdict = timeout.aborted ? { kind: "hung", why: `no end after ${hungAfterMs} ms` } : clientError(String(error));
  }
  return { ...verdict, requestId, question, expected, startedAtMs, endedAtMs: Date.now() };
}

async function judgeStream(response: Response, expected: string): Promise<Verdict> {
  let text = "";
  let failure: string | undefined;
  let done = false;
  const parser = createSseParser((data) => {
    if (data === "[DONE]") {
      done = true;
      return;
    }
    const { error, choices } = chunkSchema.parse(JSON.parse(data));
    if (error !== undefined) failure = `${error.code ?? "error"}: ${error.message}`;
    for (const { delta } of choices) text += delta.content ?? "";
  });
  for await (const piece of response.body ?? []) parser.push(piece);

  if (!expected.startsWith(text)) return clientError(`another text: ${text.slice(0, 200)}`);
  if (failure !== undefined) return text === "" ? clientError(failure) : { kind: "errorFrame", why: failure };
  if (!done) return clientError("a silent end");
  return text === expected ? finished : clientError("only a part of the text");
}

function clientError(why: string): Verdict {
  return { kind: "clientError", why };
}
