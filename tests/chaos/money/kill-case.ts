/** `kill -9` of one part at one step of a request's life, again and again. */
import { type Asked, addOverspend, judge } from "./judge.ts";
import type { KillStep, StepContext } from "./kill-steps.ts";
import { askForMoney, type MoneyAnswer, type MoneyQuestion } from "./money-ask.ts";
import { emptyCount, type MoneyCount } from "./money-row.ts";
import { anyModel, type MoneyStack, newMark } from "./money-stack.ts";

export const victims = ["gateway", "worker", "redis", "postgres"] as const;
export type Victim = (typeof victims)[number];

const reachedWithinMs = 8_000;
/** Right after an outage a request may be refused, and does not come to its step. */
const triesPerRun = 2;
const lookEveryMs = 5;
const onItsWayMs = 250;
const healthy = { faults: null, msPerToken: 1 };
const creditNano = 1_000_000_000n;

export async function runKillCase(
  money: MoneyStack,
  victim: Victim,
  step: KillStep,
  runs: number,
): Promise<MoneyCount> {
  const count = emptyCount();
  const asked: Asked[] = [];
  const reports = [];
  const missed: string[] = [];
  for (let run = 0; count.runs < runs && run < runs * triesPerRun; run++) {
    const one = await runOnce(money, victim, step, run);
    // One that was killed on its way is judged all the same.
    asked.push(...one.asked);
    reports.push(...(await money.takeReports()));
    if (one.isReached) count.runs++;
    else missed.push(JSON.stringify(one.asked.map(({ answer }) => answer)));
  }
  if (count.runs < runs) count.problems.push(`only ${count.runs} came to this step: ${missed[0]}`);
  // A frozen engine of a worker that lives is stopped when its request is given up.
  await judge(count, { money, asked, reports, isExact: step.runners?.msPerToken === undefined });
  await addOverspend(count, money, [...new Set(asked.map(({ accountId }) => accountId))]);
  return count;
}

async function runOnce(
  money: MoneyStack,
  victim: Victim,
  step: KillStep,
  run: number,
): Promise<{ isReached: boolean; asked: Asked[] }> {
  const { stack } = money;
  const gateway = stack.gateways[run % stack.gateways.length];
  if (gateway === undefined) throw new Error("the stack has no gateway");
  const questions = questionsOf(run, step.maxTokens);
  const first = await money.createCustomer(creditNano);
  const customers = [first, await money.createKey(first.accountId)];
  await money.takeReports();
  await money.controlRunners({ ...healthy, ...step.runners });

  const left = new AbortController();
  const answers: MoneyAnswer[] = [];
  const context: StepContext = {
    money,
    accountId: first.accountId,
    keyIds: customers.map(({ keyId }) => keyId),
    marks: questions.map(({ mark }) => mark),
    model: anyModel,
    endedCount: () => answers.length,
    leave: () => left.abort(),
  };
  const undo = await step.prepare?.(context);
  const asking = questions.map(async (question, at): Promise<Asked> => {
    const { accountId, keyId, apiKey } = customers[at] ?? first;
    const answer = await askForMoney(question, { url: gateway.url, apiKey, signal: left.signal });
    answers.push(answer);
    return { question, answer, accountId, keyId, isOnlyOfKey: true };
  });

  const isReached = await waitFor(() => step.isReached(context));
  // What a frozen engine has said is on its way to worker and gateway.
  if (step.runners?.faults != null) await new Promise((resolve) => setTimeout(resolve, onItsWayMs));
  const killing = await kill(money, victim, gateway, context);
  step.atKill?.(context);
  await killing.dead;
  await undo?.();
  await money.controlRunners(healthy);
  await killing.revive();
  const asked = await Promise.all(asking);
  await money.untilServing();
  return { isReached, asked };
}

/** By turns every endpoint of text, as a stream and whole. */
function questionsOf(run: number, maxTokens: number): MoneyQuestion[] {
  return [true, false].map((stream) => ({
    endpoint: run % 2 === 0 ? "chat" : "completion",
    model: anyModel,
    mark: newMark(),
    maxTokens,
    stream,
  }));
}

interface Killing {
  dead: Promise<void>;
  revive(): Promise<void>;
}

async function kill(
  { stack, services }: MoneyStack,
  victim: Victim,
  gateway: MoneyStack["stack"]["gateways"][number],
  { marks }: StepContext,
): Promise<Killing> {
  switch (victim) {
    case "gateway":
      return { dead: gateway.process.kill("SIGKILL"), revive: () => stack.revive(gateway) };
    case "worker": {
      const reports = await Promise.all(stack.runners.map((runner) => runner.report()));
      const busy = reports.findIndex(({ requests }) => JSON.stringify(requests).includes(marks[0] ?? ""));
      const worker = stack.workers[Math.max(0, busy)];
      if (worker === undefined) throw new Error("the stack has no worker");
      return { dead: worker.process.kill("SIGKILL"), revive: () => stack.revive(worker) };
    }
    case "redis":
      return { dead: services.killRedis(), revive: () => services.reviveRedis() };
    case "postgres":
      return { dead: services.killPostgres(), revive: () => services.revivePostgres() };
  }
}

async function waitFor(condition: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = performance.now() + reachedWithinMs;
  while (performance.now() < deadlineMs) {
    // What was killed in the run before may not answer yet.
    if (await condition().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return false;
}
