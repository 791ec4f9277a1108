/** The same questions as streams and whole, on every endpoint and model: the same charge. */
import { usageEvent } from "@tera/database";
import { createRandom } from "@tera/testkit";
import { inArray } from "drizzle-orm";
import { type Asked, addOverspend, judge } from "./judge.ts";
import { askForMoney, type MoneyQuestion } from "./money-ask.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { type MoneyStack, newMark, rates } from "./money-stack.ts";

const pairs = 40;

export async function runStreamCase(money: MoneyStack, seed: number): Promise<MoneyCount> {
  const count = emptyCount();
  const random = createRandom(seed);
  const { accountId } = await money.createCustomer(10_000_000_000n);
  const models = Object.keys(rates);
  const asked: Asked[] = [];
  await money.takeReports();
  for (let pair = 0; pair < pairs; pair++) {
    const question = {
      endpoint: (["chat", "completion", "speech"] as const)[random(3)] ?? "chat",
      model: models[random(models.length)] ?? "",
      mark: newMark(),
      maxTokens: 1 + random(30),
    };
    // The same mark: both find both, which had the same tokens.
    asked.push(...(await Promise.all([true, false].map((stream) => askOne({ ...question, stream })))));
    count.runs++;
  }
  await judge(count, { money, asked, reports: await money.takeReports(), isExact: true });
  await addOverspend(count, money, [accountId]);
  const rows = await money.stack.database.db
    .select()
    .from(usageEvent)
    .where(
      inArray(
        usageEvent.keyId,
        asked.map(({ keyId }) => keyId),
      ),
    );
  const chargeOf = new Map(rows.map(({ keyId, chargeNano }) => [keyId, chargeNano]));
  for (let at = 0; at < asked.length; at += 2) {
    const [streamed, whole] = asked.slice(at, at + 2).map(({ keyId }) => chargeOf.get(keyId));
    if (streamed !== whole) count.problems.push(`${asked[at]?.question.mark}: ${streamed} as a stream, ${whole} whole`);
  }
  return count;

  async function askOne(question: MoneyQuestion): Promise<Asked> {
    const { keyId, apiKey } = await money.createKey(accountId);
    const url = money.stack.gateways[random(3)]?.url ?? "";
    const answer = await askForMoney(question, { url, apiKey });
    return { question, answer, accountId, keyId, isOnlyOfKey: true };
  }
}
