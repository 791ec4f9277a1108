/** What needs somebody: out of what is live, and of what Postgres knows. The worst first. */
import type { LiveRunner } from "@tera/admin-api/workers";
import type { LivePoint, LiveSnapshot } from "../../../../api/live.ts";
import type { Attention } from "../../../../api/overview.ts";
import { formatMs } from "../../format/milliseconds.ts";
import { formatCount } from "../../format/quantity.ts";
import { failuresPerS } from "../../live/failures.ts";

export interface AttentionItem {
  /** critical: requests are refused, or money does not add up. */
  level: "critical" | "warning";
  title: string;
  /** Why, or what to do. */
  why: string;
  /** Of money, what it is about. */
  amount?: string;
  /** The page where something can be done. */
  to: "/runners" | "/accounts" | "/billing" | "/settings" | "/models" | "/requests" | undefined;
}

const namedMax = 3;
const slowQueueMs = 5_000;
/** Points of the history that the share of failures is taken from: five minutes of 20 s. */
const failurePoints = 15;
const failureShareMin = 0.05;

/** @param attention undefined: not known yet */
export function findAttention(
  snapshot: LiveSnapshot,
  history: readonly LivePoint[],
  attention: Attention | undefined,
): AttentionItem[] {
  const items = [
    ...lookAtGateways(snapshot),
    ...lookAtRunners(snapshot),
    ...lookAtRequests(snapshot, history),
    ...(attention === undefined ? [] : lookAtMoney(attention)),
    ...(attention?.failedRuns ?? []).map(({ name, failure }): AttentionItem => {
      return { level: "warning", title: `Background work failed: ${name}`, why: failure, to: "/settings" };
    }),
  ];
  return items.toSorted((one, other) => Number(other.level === "critical") - Number(one.level === "critical"));
}

function lookAtGateways({ gateways }: LiveSnapshot): AttentionItem[] {
  if (gateways > 0) return [];
  const why = "No gateway has told its figures in the last ten seconds. Until one runs, nobody answers the API.";
  return [{ level: "critical", title: "No gateway is there", why, to: undefined }];
}

const bad: ReadonlySet<LiveRunner["state"]> = new Set(["ejected", "unhealthy", "stopped"]);

function lookAtRunners({ workers, slots }: LiveSnapshot): AttentionItem[] {
  if (workers.length === 0) {
    const why = "Requests are refused until a worker is connected. Start one beside a GPU, or look at its log.";
    return [{ level: "critical", title: "No worker is connected", why, to: "/runners" }];
  }
  const runners = workers.flatMap((worker) => worker.runners.map((runner) => ({ worker, runner })));
  const ill = runners.filter(({ runner }) => bad.has(runner.state));
  const items: AttentionItem[] = [];
  if (slots.total === 0) {
    const why = runners.length === 0 ? "The workers that are connected drive no engine." : "Requests are refused.";
    items.push({ level: "critical", title: "No runner takes requests", why, to: "/runners" });
  }
  const well = new Set(runners.filter(({ runner }) => !bad.has(runner.state)).flatMap(({ runner }) => runner.models));
  const lost = new Set(ill.flatMap(({ runner }) => runner.models).filter((model) => !well.has(model)));
  if (lost.size > 0 && slots.total > 0) {
    const title = `${nameSome([...lost])} ${lost.size === 1 ? "has" : "have"} no working replica`;
    items.push({ level: "critical", title, why: "Requests for what nobody serves are refused.", to: "/runners" });
  }
  for (const { worker, runner } of ill.slice(0, namedMax)) {
    const title = `Runner ${runner.id} on ${worker.id} is ${runner.state}`;
    items.push({ level: "warning", title, why: runner.reason ?? "It does not say why.", to: "/runners" });
  }
  if (ill.length > namedMax) {
    const title = `${formatCount(ill.length - namedMax)} more runners are not well`;
    items.push({ level: "warning", title, why: "The page Runners shows all of them.", to: "/runners" });
  }
  return items;
}

function lookAtRequests({ now }: LiveSnapshot, history: readonly LivePoint[]): AttentionItem[] {
  const items: AttentionItem[] = [];
  const last = history.slice(-failurePoints);
  const failed = last.reduce((sum, point) => sum + failuresPerS(point), 0);
  const all = last.reduce((sum, point) => sum + point.succeededPerS + point.cancelledPerS, failed);
  if (failed > 0 && failed / all >= failureShareMin) {
    const title = `${Math.round((100 * failed) / all)} % of the last minutes' requests failed`;
    items.push({ level: "warning", title, why: "The page Requests says why, request by request.", to: "/requests" });
  }
  const waitMs = now.queueWaitP95Ms;
  if (waitMs !== null && waitMs > slowQueueMs) {
    const title = `Requests wait long: one in 20 over ${formatMs(waitMs)}`;
    items.push({ level: "warning", title, why: "All slots are busy: more replicas would help.", to: "/runners" });
  }
  return items;
}

function lookAtMoney({ ledger, unpricedModels, lowBalances }: Attention): AttentionItem[] {
  const items: AttentionItem[] = [];
  if (ledger !== null && ledger.findings > 0) {
    const title = `The check of the ledger has ${plural(ledger.findings, "finding")}`;
    items.push({ level: "critical", title, why: "Books, charges or counters do not agree.", to: "/billing" });
  }
  if (unpricedModels.length > 0) {
    const title = `${nameSome(unpricedModels)} ${unpricedModels.length === 1 ? "has" : "have"} no price`;
    const why = "Requests are refused, or cost nothing where gateways are set so. Free is a price, too.";
    items.push({ level: "warning", title, why, to: "/models" });
  }
  const [first] = lowBalances.items;
  if (first !== undefined) {
    const others = lowBalances.total - 1;
    const title =
      others === 0
        ? `${first.name} has little credit`
        : `${formatCount(lowBalances.total)} prepaid accounts have little credit`;
    const why =
      others === 0
        ? "At zero, its requests are refused."
        : `${first.name} has the least. At zero, requests are refused.`;
    items.push({ level: "warning", title, why, amount: first.balance, to: "/accounts" });
  }
  return items;
}

function nameSome(names: readonly string[]): string {
  const more = names.length - namedMax;
  return more > 0 ? `${names.slice(0, namedMax).join(", ")} and ${formatCount(more)} more` : names.join(", ");
}

function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}
