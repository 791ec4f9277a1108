/** The public API in the name of an account: models, streamed answers, speech, and what an answer cost. */
import { queryOptions } from "@tanstack/react-query";
import { createParser } from "eventsource-parser";
import { z } from "zod";
import { playgroundCostSchema, playgroundModelsSchema, playgroundSchema } from "../../../api/playground.ts";
import { ApiError, apiUrl, call, send } from "./client.ts";

export const playgroundQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["playground", accountId],
    queryFn: ({ signal }) => call(playgroundSchema, `/playground/${accountId}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const playgroundModelsQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["playground", accountId, "models"],
    queryFn: async ({ signal }) =>
      (await call(playgroundModelsSchema, `/playground/${accountId}/models`, { signal })).data,
  });

const costTries = 12;

/** Its usage is booked within a second of its end. */
export const playgroundCostQuery = (accountId: string, requestId: string) =>
  queryOptions({
    queryKey: ["playground", accountId, "cost", requestId],
    queryFn: ({ signal }) => call(playgroundCostSchema, `/playground/${accountId}/requests/${requestId}`, { signal }),
    retry: costTries,
    retryDelay: 500,
    staleTime: Number.POSITIVE_INFINITY,
  });

const toolCallSchema = z.object({
  index: z.number(),
  id: z.string().optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
});

const chunkSchema = z.object({
  choices: z.array(
    z.object({
      delta: z.object({
        content: z.string().nullish(),
        reasoning_content: z.string().nullish(),
        reasoning: z.string().nullish(),
        tool_calls: z.array(toolCallSchema).nullish(),
      }),
      finish_reason: z.string().nullish(),
    }),
  ),
});

const failureSchema = z.object({ error: z.object({ message: z.string() }) });

/** What comes of a streamed answer, piece by piece. */
export interface ChatListener {
  onRequestId(requestId: string): void;
  onContent(text: string): void;
  onReasoning(text: string): void;
  onToolCall(index: number, name: string | undefined, argumentsText: string): void;
  onFinish(reason: string): void;
}

/** @throws {ApiError} what the API refused; what `signal` aborts. */
export async function streamChat(
  accountId: string,
  body: object,
  listener: ChatListener,
  signal: AbortSignal,
): Promise<void> {
  const answer = await ask(`/playground/${accountId}/chat/completions`, { ...body, stream: true }, signal);
  listener.onRequestId(answer.headers.get("x-request-id") ?? "");
  let failure: string | undefined;
  const parser = createParser({
    onEvent({ data }) {
      if (data === "[DONE]") return;
      const content: unknown = JSON.parse(data);
      const failed = failureSchema.safeParse(content);
      if (failed.success) failure = failed.data.error.message;
      else tell(chunkSchema.parse(content), listener);
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of readAll(answer)) parser.feed(decoder.decode(bytes, { stream: true }));
  if (failure !== undefined) throw new ApiError("internal_error", failure);
}

function tell({ choices }: z.infer<typeof chunkSchema>, listener: ChatListener): void {
  for (const { delta, finish_reason } of choices) {
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (reasoning) listener.onReasoning(reasoning);
    if (delta.content) listener.onContent(delta.content);
    for (const { index, function: called } of delta.tool_calls ?? []) {
      listener.onToolCall(index, called?.name, called?.arguments ?? "");
    }
    if (finish_reason) listener.onFinish(finish_reason);
  }
}

/** @throws {ApiError} what the API refused */
export async function speak(
  accountId: string,
  body: object,
  signal: AbortSignal,
): Promise<{ audio: Blob; requestId: string }> {
  const answer = await ask(`/playground/${accountId}/audio/speech`, body, signal);
  return { audio: await answer.blob(), requestId: answer.headers.get("x-request-id") ?? "" };
}

async function ask(path: string, body: object, signal: AbortSignal): Promise<Response> {
  const answer = await send(apiUrl(path), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (answer.ok) return answer;
  const failed = failureSchema.safeParse(await answer.json().catch(() => undefined));
  throw new ApiError(
    "invalid_request",
    failed.success ? failed.data.error.message : `The API answered ${answer.status}.`,
  );
}

/** Not every browser can iterate a stream by itself. @throws {ApiError} when it breaks off @throws {DOMException} when it is given up */
async function* readAll({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (;;) {
    const part = await reader?.read().catch((cause: unknown) => {
      if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
      throw new ApiError("unavailable", "The answer broke off: the connection was lost.");
    });
    if (part === undefined || part.done) return;
    yield part.value;
  }
}
