/** A request that was refused can be explained afterwards, by its id. */
import { createRefusalStore } from "@tera/metering";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ runner: { msPerToken: 1, slots: 4 } });
const { find, count } = createRefusalStore({ db: stack.database.db });

test("what a gateway refuses is in Postgres a moment later, with what the client was told", async () => {
  const { key, apiKey } = await stack.keys.createKey({ accountId: stack.accountId, name: "scoped", modelScope: ["x"] });
  const client = new OpenAI({ apiKey, baseURL: stack.baseUrl, maxRetries: 0 });
  const refused = await client.chat.completions
    .create({ model: stack.model, messages: [{ role: "user", content: "Hello" }] })
    .catch((error: unknown) => error);
  if (!(refused instanceof OpenAI.APIError)) throw new Error("the request was not refused");
  const requestId = refused.requestID ?? "";
  await expect.poll(() => find(requestId), { interval: 50, timeout: 10_000 }).toBeDefined();
  const row = await find(requestId);
  expect(row).toMatchObject({
    accountId: stack.accountId,
    keyId: key.id,
    model: stack.model,
    code: "model_not_allowed",
    message: `This API key may not use the model \`${stack.model}\`.`,
  });
  expect(Math.round(((row?.expiresAt.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(7);
  expect(await count({ keyId: key.id })).toEqual([{ code: "model_not_allowed", requests: 1 }]);
  const metrics = await (await fetch(`${stack.gateways[0]?.operationsUrl}/metrics`)).text();
  expect(metrics).toMatch(/^tera_refused_requests_total\{.*code="model_not_allowed".*\} 1$/m);
});
