/** An installation that looks as if people had used it for a month: accounts, keys, prices, credit, requests of every kind. */
import { createUsageWriter } from "@tera/metering";
import { createRandom, newUsageRecord, type Stack } from "@tera/testkit";
import type { APIRequestContext } from "playwright-core";
import { z } from "zod";

const models = ["Qwen/Qwen2.5-7B-Instruct", "meta-llama/Llama-3.3-70B-Instruct", "hexgrad/Kokoro-82M"];
const customers = [
  { name: "Northwind Traders", kind: "prepaid", credit: "250" },
  { name: "Contoso Research", kind: "postpaid", credit: undefined },
  { name: "Fabrikam", kind: "prepaid", credit: "12.50" },
  { name: "Ada Lovelace Institute for Analytical Engines and Very Long Names", kind: "prepaid", credit: "1000" },
];
const days = 30;
const requestsPerDay = 12;
const dayMs = 86_400_000;

const madeSchema = z.object({ id: z.string() });
const madeKeySchema = z.object({ key: madeSchema });

/** @param ask as the owner: cookies and origin are set. */
export async function seed(stack: Stack, ask: APIRequestContext, origin: string): Promise<void> {
  const { db } = stack.database;
  async function post<Schema extends z.ZodType>(schema: Schema, path: string, data: object): Promise<z.infer<Schema>> {
    const answer = await ask.post(`/admin/api${path}`, { data, headers: { origin } });
    if (!answer.ok()) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
    return schema.parse(await answer.json());
  }
  const below = createRandom(7);
  const random = () => below(1_000_000) / 1_000_000;
  const prices = new Map<string, string>();
  const validFrom = new Date(Date.now() - 60 * dayMs).toISOString();
  for (const model of [...models, stack.model]) {
    const price = { model, validFrom, input: "0.15", output: "0.6", cacheRead: "0.03", reason: "list price" };
    prices.set(model, (await post(madeSchema, "/prices", price)).id);
  }
  for (const { name, kind, credit } of customers) {
    const { id: accountId } = await post(madeSchema, "/accounts", { name, kind });
    if (credit !== undefined) {
      await post(z.unknown(), `/accounts/${accountId}/credit`, {
        kind: "top_up",
        amount: credit,
        reason: "bank transfer",
      });
    }
    const keys: string[] = [];
    for (const key of ["production", "staging", "notebooks"]) {
      const budget = key === "production" ? { budgetMonth: "100", requestsPerMinuteMax: 600 } : {};
      keys.push((await post(madeKeySchema, "/keys", { accountId, name: key, ...budget })).key.id);
    }
    const records = Array.from({ length: days * requestsPerDay }, (_, index) => {
      const model = models[Math.floor(random() ** 2 * 2)] ?? "";
      const failed = random() < 0.03;
      const promptTokens = 200 + Math.floor(random() * 4_000);
      const usage = {
        promptTokens,
        cachedTokens: Math.floor(promptTokens * random() * 0.5),
        completionTokens: 50 + Math.floor(random() * 900),
      };
      return newUsageRecord({
        accountId,
        keyId: keys[Math.floor(random() * keys.length)] ?? "",
        model,
        usage,
        status: failed ? "failed" : "succeeded",
        ...(failed ? { errorCode: "runner_failed" } : {}),
        admittedAtMs: Date.now() - Math.floor((index / requestsPerDay) * dayMs) - Math.floor(random() * dayMs * 0.3),
        queueMs: Math.floor(random() * 40),
        ttftMs: 80 + Math.floor(random() * 300),
        totalMs: 900 + Math.floor(random() * 6_000),
        billing: { priceId: prices.get(model) ?? "", holds: [{ purseId: accountId }] },
      });
    });
    await createUsageWriter({ db, author: "gateway:gateway-1" }).settle(records);
  }
  await post(z.unknown(), "/invitations", { role: "billing", email: "grace@example.com" });
  await post(z.unknown(), "/tokens", { name: "nightly reports", role: "viewer" });
}
