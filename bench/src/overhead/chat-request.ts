/** The request that every target is asked, and how its answer is checked once before its time is taken. */
import { z } from "zod";
import type { Endpoint } from "../targets/target.ts";
import { answerText } from "./fixed-answers.ts";

const promptBytes = 1_024;
const sentence = "Tell me in one sentence what the animals in this story do, and who sees it. ";

export function chatRequestBody(model: string): string {
  const prompt = sentence.repeat(Math.ceil(promptBytes / sentence.length)).slice(0, promptBytes);
  return JSON.stringify({ model, messages: [{ role: "user", content: prompt }], max_tokens: 64, stream: false });
}

const answerSchema = z.object({
  choices: z
    .array(z.object({ message: z.object({ content: z.string() }), finish_reason: z.literal("stop") }))
    .length(1),
  usage: z.object({ completion_tokens: z.number() }),
});

/** @throws when the answer is not the engine's. */
export async function checkAnswer({ url, headers, model }: Endpoint): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: chatRequestBody(model),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
  const content = answerSchema.parse(JSON.parse(text)).choices[0]?.message.content;
  if (content !== answerText) throw new Error(`${url} answered another text than its engine: ${content}`);
}
