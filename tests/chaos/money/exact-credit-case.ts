/**
 * 200 requests at once over all gateways, on credit for exactly K: K are served, the others are refused with 402. Only where a request is charged what was held for it can that be
 * asked for: by the request, by the output that was asked for, by the character.
 */
import { type Asked, addOverspend, costOf, judge } from "./judge.ts";
import { askForMoney, type Endpoint, type MoneyQuestion, speechCharactersOf } from "./money-ask.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { type Customer, type MoneyStack, newMark } from "./money-stack.ts";

export interface ExactCredit {
  endpoint: Endpoint;
  stream: boolean;
  model: "fake/request" | "fake/output";
  /** How many requests the credit is for. */
  count: number;
  /** `old`: the account has spent and paid before, and its gateways know how much. */
  account: "new" | "old";
}

const parallel = 200;
const maxTokens = 5;
const spentBefore = 30;

export const exactCredits: readonly ExactCredit[] = [1, 7, 50].flatMap((count) =>
  (["new", "old"] as const).flatMap((account) =>
    (["chat", "completion", "speech"] as const).flatMap((endpoint) =>
      [true, false]
        .filter((stream) => endpoint !== "speech" || !stream)
        .map(
          (stream, at): ExactCredit => ({
            endpoint,
            stream,
            // By turns, so that both are tried on every endpoint.
            model: (at + count) % 2 === 0 ? "fake/request" : "fake/output",
            count,
            account,
          }),
        ),
    ),
  ),
);

export function nameOf({ endpoint, stream, count, account }: ExactCredit): string {
  return `credit for ${count}: ${endpoint}${stream ? ", stream" : ""}, ${account} account`;
}

export async function runExactCredit(money: MoneyStack, wanted: ExactCredit): Promise<MoneyCount> {
  const count = emptyCount();
  const { endpoint, model, stream } = wanted;
  // Marks of one length: every request costs the same.
  const questions = Array.from(
    { length: parallel },
    (): MoneyQuestion => ({ endpoint, model, mark: newMark(), maxTokens, stream }),
  );
  const [first] = questions;
  if (first === undefined) return count;
  const costNano = costOf(first, {
    prompt: 0,
    completion: endpoint === "speech" ? 0 : maxTokens,
    characters: speechCharactersOf(first),
  });
  const customer = await money.createCustomer(wanted.account === "old" ? costNano * BigInt(spentBefore) : 0n);
  const asked: Asked[] = [];
  await money.takeReports();
  if (wanted.account === "old") {
    const before = Array.from({ length: spentBefore }, (): MoneyQuestion => ({ ...first, mark: newMark() }));
    for (let at = 0; at < before.length; at += 5)
      asked.push(...(await askAll(money, customer, before.slice(at, at + 5))));
  }
  const { accountId } = customer;
  await money.ledger.topUp({
    accountId,
    amountNano: costNano * BigInt(wanted.count),
    author: "chaos",
    reason: "for exactly so many",
  });
  const answers = await askAll(money, customer, questions);
  asked.push(...answers);
  count.runs = 1;
  const served = answers.filter(({ answer }) => answer.end === "whole").length;
  if (served !== wanted.count) count.problems.push(`${served} were served on credit for ${wanted.count}`);
  const other = answers.filter(({ answer }) => answer.end !== "whole" && answer.status !== 402);
  if (other.length > 0)
    count.problems.push(`${other.length} ended otherwise than in 402: ${JSON.stringify(other[0]?.answer)}`);
  await judge(count, { money, asked, reports: await money.takeReports(), isExact: true });
  await addOverspend(count, money, [accountId]);
  return count;
}

function askAll(
  { stack }: MoneyStack,
  { apiKey, accountId, keyId }: Customer,
  questions: readonly MoneyQuestion[],
): Promise<Asked[]> {
  return Promise.all(
    questions.map(async (question, at) => {
      const gateway = stack.gateways[at % stack.gateways.length];
      const answer = await askForMoney(question, { url: gateway?.url ?? "", apiKey });
      return { question, answer, accountId, keyId, isOnlyOfKey: false };
    }),
  );
}
