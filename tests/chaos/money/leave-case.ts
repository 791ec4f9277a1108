/** The client leaves when so many tokens have come, 0 to all of them; in the middle of a stream, or while it waits for a whole answer. */
import { type Asked, addOverspend, judge } from "./judge.ts";
import { askForMoney, type MoneyQuestion } from "./money-ask.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { anyModel, type MoneyStack, newMark } from "./money-stack.ts";

const maxTokens = 12;
const lookEveryMs = 5;
/** Of a whole answer nobody outside sees how far it has come to the gateway. */
const onItsWayMs = 250;
const reachedWithinMs = 10_000;

export async function runLeaveCase(money: MoneyStack, stream: boolean): Promise<MoneyCount> {
  const count = emptyCount();
  const customer = await money.createCustomer(1_000_000_000n);
  const asked: Asked[] = [];
  await money.takeReports();
  for (let tokens = 0; tokens <= maxTokens; tokens++) {
    // The engine stands still there: what was generated when we leave is known to the token.
    // After the last but one it has no moment to freeze: its end comes with the last.
    const isFrozen = tokens < maxTokens - 1;
    await money.controlRunners({ faults: isFrozen ? [{ kind: "hang-mid-stream", afterTokens: tokens }] : null });
    asked.push(
      ...(await Promise.all(
        (["chat", "completion"] as const).map((endpoint) =>
          leaveAt({ endpoint, model: anyModel, mark: newMark(), maxTokens, stream }, tokens),
        ),
      )),
    );
    count.runs++;
  }
  await money.controlRunners({ faults: null });
  await judge(count, { money, asked, reports: await money.takeReports(), isExact: true });
  await addOverspend(count, money, [customer.accountId]);
  return count;

  async function leaveAt(question: MoneyQuestion, tokens: number): Promise<Asked> {
    const { accountId, keyId, apiKey } = await money.createKey(customer.accountId);
    const leave = new AbortController();
    const url = money.stack.gateways[count.runs % money.stack.gateways.length]?.url ?? "";
    let received = 0;
    const onPiece = (count: number) => {
      received = count;
    };
    const asking = askForMoney(question, { url, apiKey, signal: leave.signal, onPiece });
    let ended = false;
    void asking.then(() => {
      ended = true;
    });
    const deadlineMs = performance.now() + reachedWithinMs;
    const isThere = async () => (!stream || received >= tokens) && (await isFrozenAtRunner(question.mark, tokens));
    while (!ended && !(await isThere()) && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    if (!stream) await new Promise((resolve) => setTimeout(resolve, onItsWayMs));
    leave.abort();
    return { question, answer: await asking, accountId, keyId, isOnlyOfKey: true };
  }

  async function isFrozenAtRunner(mark: string, tokens: number): Promise<boolean> {
    const reports = await Promise.all(money.stack.runners.map((runner) => runner.report()));
    return reports.some(({ requests }) =>
      requests.some(
        ({ fault, generatedTokens, body }) =>
          fault !== null && generatedTokens > tokens && JSON.stringify(body).includes(mark),
      ),
    );
  }
}
