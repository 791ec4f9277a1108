/** Calls the inference API as a customer's program does. */
import type { Stack } from "@tera/testkit";

export interface ApiAnswer {
  status: number;
  /** As `x-request-id` says. */
  requestId: string;
}

/** @param change of the body: one short chat with the stack's model by default */
export async function callApi({ baseUrl, model }: Stack, key: string, change: object = {}): Promise<ApiAnswer> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello!" }], max_tokens: 5, ...change }),
  });
  await response.body?.cancel();
  return { status: response.status, requestId: response.headers.get("x-request-id") ?? "" };
}
