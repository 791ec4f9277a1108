/** The state of a world of gateways: what the model of Postgres keeps, what is on its way there, what gateways and workers know, and what was lost on purpose. */
import { createRandom } from "@tera/testkit";
import { type CreditDesk, type CreditHold, createCreditDesk } from "../../src/credit-desk.ts";
import { leaseTermMs } from "../../src/credit-store.ts";
import { type CreditModel, createCreditModel, type ModelCharge } from "../credit-model.ts";

export interface OpenRequest {
  requestId: string;
  hold: CreditHold;
}

export interface Gateway {
  id: string;
  desk: CreditDesk;
  open: OpenRequest[];
  /** Settled by it, and not in Postgres yet. */
  pending: ModelCharge[];
  /** It does not run until then. */
  stoppedUntilMs: number;
  /** What was open when it stood still, and its workers have given up. */
  abandoned: OpenRequest[];
  seenAtMs: number;
  /** Leases that it could have closed, and since when. */
  overdueSince: Map<string, number>;
}

/** A question on its way to Postgres. */
interface Call {
  gateway: Gateway;
  /** What Postgres does, and who hears of it. */
  act(): unknown;
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** What one gateway tells another through Redis: that may come late, or never. */
interface Message {
  toGatewayId: string;
  hear(gateway: Gateway): void;
}

/** A gateway waits for the answers of others, but not for long. */
interface Recall {
  gateway: Gateway;
  untilMs: number;
  giveUp(): void;
}

export interface World {
  random(below: number): number;
  nowMs: number;
  postgresAway: boolean;
  readonly model: CreditModel;
  readonly gateways: Gateway[];
  readonly calls: Call[];
  messages: Message[];
  recalls: Recall[];
  /** The worker's copies, by the gateway that asked. */
  readonly copies: Map<string, ModelCharge[]>;
  /** What was paid in, less what was paid back. */
  readonly paid: Map<string, bigint>;
  admitted: number;
  refused: number;
  /** Requests whose both witnesses were lost. */
  unheard: number;
  /** What may have to be written off, because both witnesses were out of reach for longer than a lease lasts. */
  excusedNano: bigint;
  /** Steps, after each of which the state was checked. */
  states: number;
  /** The step that runs, for the words of a violation. */
  step: string;
  readonly violations: string[];
}

export const accounts = ["a", "b"];
export const keyBudgetNano = 3_000n;
export const gatewayCount = 3;
export const silentAfterMs = 5_000;
export const recallMs = 250;

export function createWorld(seed: number): World {
  const world: World = {
    random: createRandom(seed),
    nowMs: 0,
    postgresAway: false,
    model: createCreditModel(() => world.nowMs),
    gateways: [],
    calls: [],
    messages: [],
    recalls: [],
    copies: new Map(),
    paid: new Map(),
    admitted: 0,
    refused: 0,
    unheard: 0,
    excusedNano: 0n,
    states: 0,
    step: "",
    violations: [],
  };
  for (const account of accounts) {
    world.model.purses.set(account, { kind: "account", bounded: true, balanceNano: 0n, leasedNano: 0n });
    world.paid.set(account, 0n);
  }
  world.model.purses.set("key", { kind: "key_total", bounded: true, balanceNano: keyBudgetNano, leasedNano: 0n });
  for (let at = 0; at < gatewayCount; at++) world.gateways.push(startGateway(world, `g${at}`));
  return world;
}

export function startGateway(world: World, id: string): Gateway {
  const { model, calls } = world;
  const gateway: Gateway = {
    id,
    open: [],
    abandoned: [],
    pending: [],
    stoppedUntilMs: 0,
    seenAtMs: world.nowMs,
    overdueSince: new Map(),
    desk: undefined as never,
  };
  const ask = <Answer>(act: () => Answer) =>
    new Promise<Answer>((resolve, reject) => {
      calls.push({ gateway, act, resolve: resolve as Call["resolve"], reject });
    });
  gateway.desk = createCreditDesk({
    gatewayId: id,
    now: () => world.nowMs,
    store: {
      take: (wish) => ask(() => model.take({ ...wish, termMs: leaseTermMs })),
      giveBack: (leaseId, amountNano) => ask(() => void model.giveBack(leaseId, amountNano)),
      renew: (gatewayId, leaseIds) => ask(() => model.renew(gatewayId, leaseIds, leaseTermMs)),
      findHolders: (purseId, gatewayId) => ask(() => model.findHolders(purseId, gatewayId)),
    },
    recall: (purseId, gatewayIds) => recall(world, gateway, purseId, gatewayIds),
  });
  return gateway;
}

function recall(world: World, gateway: Gateway, purseId: string, gatewayIds: readonly string[]): Promise<void> {
  const unanswered = new Set(gatewayIds);
  return new Promise((resolve) => {
    const question = { gateway, untilMs: world.nowMs + recallMs, giveUp: resolve };
    world.recalls.push(question);
    for (const toGatewayId of gatewayIds) {
      world.messages.push({
        toGatewayId,
        hear: (other) =>
          void other.desk.giveBackIdle(purseId).then(() =>
            world.messages.push({
              toGatewayId: gateway.id,
              hear(asker) {
                unanswered.delete(toGatewayId);
                // One that was started anew under the same name did not ask.
                if (asker !== gateway || unanswered.size > 0) return;
                world.recalls = world.recalls.filter((one) => one !== question);
                resolve();
              },
            }),
          ),
      });
    }
  });
}

export function isRunning(world: World, { stoppedUntilMs }: Gateway): boolean {
  return stoppedUntilMs <= world.nowMs;
}

export function pick<Item>(world: World, items: readonly Item[]): Item | undefined {
  return items[world.random(items.length)];
}

/** A worker says in Redis what it generated for a gateway. */
export function addCopy({ copies }: World, gatewayId: string, charge: ModelCharge): void {
  const known = copies.get(gatewayId) ?? [];
  known.push(charge);
  copies.set(gatewayId, known);
}

/** @returns what the request is charged: at the most what was held. */
export function toCharge(world: World, { requestId, hold }: OpenRequest): ModelCharge {
  const chargeNano = BigInt(world.random(Number(hold.amountNano) + 1));
  return { requestId, chargeNano, holds: [{ purseId: hold.purseId, leaseId: hold.leaseId }] };
}
