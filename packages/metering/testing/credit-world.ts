/**
 * A world of gateways on a clock of its own: real credit desks on the model of Postgres, with everything that can go wrong between them, in any order that a seed says. Postgres
 * answers late, not at all, or does what it was asked and its answer is lost; gateways die, are started again, or stand still for minutes; Redis loses its copies; the clock runs.
 *
 * After every step the model must hold what the design promises; in the end, when everything has been settled and every lease is back, all accounts must add up to the nano.
 */
import { type CreditDesk, type CreditHold, createCreditDesk, isRefusal } from "../src/credit-desk.ts";
import { leaseTermMs } from "../src/credit-store.ts";
import { type CreditModel, createCreditModel, type ModelCharge } from "./credit-model.ts";

export interface WorldResult {
  /** Steps, after each of which the state was checked. */
  states: number;
  /** Requests that were admitted, and those that were refused. */
  admitted: number;
  refused: number;
  /** Empty: all is well. */
  violations: string[];
}

interface OpenRequest {
  requestId: string;
  hold: CreditHold;
}

interface Gateway {
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

interface Call {
  gateway: Gateway;
  /** What Postgres does, and who hears of it. */
  act(): unknown;
  resolve(answer: never): void;
  reject(error: Error): void;
}

const accounts = ["a", "b"];
const gatewayCount = 3;
const silentAfterMs = 5_000;
const overdueForMs = 15_000;
const flushTurns = 10;
const violationsMax = 5;

export async function runCreditWorld(seed: number, steps: number): Promise<WorldResult> {
  const random = createRandom(seed);
  let nowMs = 0;
  let postgresAway = false;
  const model: CreditModel = createCreditModel(() => nowMs);
  const calls: Call[] = [];
  const violations: string[] = [];
  /** The worker's copies, by the gateway that asked. */
  const copies = new Map<string, ModelCharge[]>();
  /** What was paid in, less what was paid back. */
  const paid = new Map<string, bigint>();
  /** Requests whose both witnesses were lost. */
  let unheard = 0;
  /** What may have to be written off, because both witnesses were out of reach for longer than a lease lasts. */
  let excusedNano = 0n;
  let requests = 0;
  let refused = 0;
  let states = 0;
  let step = "";

  for (const account of accounts) {
    model.purses.set(account, { kind: "account", bounded: true, balanceNano: 0n, leasedNano: 0n });
    paid.set(account, 0n);
  }
  model.purses.set("key", { kind: "key_total", bounded: true, balanceNano: 3_000n, leasedNano: 0n });

  function startGateway(id: string): Gateway {
    const gateway: Gateway = {
      id,
      open: [],
      abandoned: [],
      pending: [],
      stoppedUntilMs: 0,
      seenAtMs: nowMs,
      overdueSince: new Map(),
      desk: undefined as never,
    };
    const ask = <Answer>(act: () => Answer) =>
      new Promise<Answer>((resolve, reject) => {
        calls.push({ gateway, act, resolve: resolve as Call["resolve"], reject });
      });
    gateway.desk = createCreditDesk({
      gatewayId: id,
      now: () => nowMs,
      store: {
        take: (wish) => ask(() => model.take({ ...wish, termMs: leaseTermMs })),
        giveBack: (leaseId, amountNano) => ask(() => void model.giveBack(leaseId, amountNano)),
        renew: (gatewayId, leaseIds) => ask(() => model.renew(gatewayId, leaseIds, leaseTermMs)),
      },
    });
    return gateway;
  }
  const gateways = Array.from({ length: gatewayCount }, (_, at) => startGateway(`g${at}`));

  const runs = ({ stoppedUntilMs }: Gateway) => stoppedUntilMs <= nowMs;
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[random(items.length)];
  function anyGateway(): Gateway | undefined {
    return pick(gateways.filter(runs));
  }

  function addCopy(gatewayId: string, charge: ModelCharge): void {
    const known = copies.get(gatewayId) ?? [];
    known.push(charge);
    copies.set(gatewayId, known);
  }

  function dropCopies(requestIds: ReadonlySet<string>): void {
    for (const [gatewayId, list] of copies) {
      const left = list.filter(({ requestId }) => !requestIds.has(requestId));
      if (left.length === 0) copies.delete(gatewayId);
      else copies.set(gatewayId, left);
    }
  }

  /** One more request: of an account, and every third also of a key's budget. */
  function request(gateway: Gateway): void {
    const neededNano = BigInt(1 + random(60));
    const purses = random(3) === 0 ? ["key"] : [pick(accounts) ?? "a"];
    for (const purseId of purses) {
      const result = gateway.desk.hold({ purseId, neededNano, wantedNano: neededNano });
      const admit = (answer: Awaited<typeof result>) => {
        if (isRefusal(answer)) {
          refused++;
          return;
        }
        // The gateway died meanwhile: nobody waits for it.
        if (!gateways.includes(gateway)) return;
        if (answer.amountNano < neededNano) violations.push(`${step}: held ${answer.amountNano} of ${neededNano}`);
        gateway.open.push({ requestId: `r${++requests}`, hold: answer });
      };
      if (result instanceof Promise) result.then(admit, () => refused++);
      else admit(result);
    }
  }

  /** @returns what the request is charged: at the most what was held. */
  function toCharge({ requestId, hold }: OpenRequest): ModelCharge {
    const chargeNano = BigInt(random(Number(hold.amountNano) + 1));
    return { requestId, chargeNano, holds: [{ purseId: hold.purseId, leaseId: hold.leaseId }] };
  }

  function finish(gateway: Gateway): void {
    const at = random(gateway.open.length);
    const [ended] = gateway.open.splice(at, 1);
    if (ended === undefined) return;
    const charge = toCharge(ended);
    // A request that the workers gave up while we stood still has a copy of its own, perhaps settled; both name the same charge, or the first one counts.
    ended.hold.settle(charge.chargeNano);
    gateway.pending.push(charge);
    if (random(10) > 0) addCopy(gateway.id, charge);
  }

  function settle(gateway: Gateway): void {
    const batch = gateway.pending.slice(0, 1 + random(8));
    if (batch.length === 0 || (postgresAway && random(2) === 0)) return;
    model.settle(batch);
    // The answer was lost: they are tried again.
    if (postgresAway) return;
    gateway.pending.splice(0, batch.length);
    dropCopies(new Set(batch.map(({ requestId }) => requestId)));
  }

  /** Whoever runs has settled what it knew long before seconds have passed, unless Postgres was away. (To stand still is a step of its own.) */
  function passTime(ms: number): void {
    for (const gateway of gateways.filter(runs)) {
      while (!postgresAway && gateway.pending.length > 0) settle(gateway);
    }
    nowMs += ms;
  }

  const isSilent = ({ seenAtMs }: Gateway) => nowMs - seenAtMs > silentAfterMs;
  function ownersToSettle(gateway: Gateway): string[] {
    const known = new Map(gateways.map((one) => [one.id, one]));
    return [...copies.keys()].filter((id) => {
      const owner = known.get(id);
      return owner === undefined || owner === gateway || isSilent(owner);
    });
  }

  function settleCopies(gateway: Gateway): void {
    const owner = pick(ownersToSettle(gateway));
    const isOpenHere = (requestId: string) => gateway.open.some((one) => one.requestId === requestId);
    const page = (copies.get(owner ?? "") ?? []).filter(({ requestId }) => !isOpenHere(requestId)).slice(0, 5);
    const isPending = ({ requestId }: ModelCharge) => gateway.pending.some((one) => one.requestId === requestId);
    gateway.pending.push(...page.filter((copy) => !isPending(copy)));
  }

  function sweep(gateway: Gateway): void {
    const seenBefore = gateway.overdueSince;
    gateway.overdueSince = new Map();
    if (postgresAway) return;
    const known = new Map(gateways.map((one) => [one.id, one]));
    for (const { id, gatewayId } of model.findExpired()) {
      const owner = known.get(gatewayId);
      const isOver = owner === undefined || owner === gateway || isSilent(owner);
      const names = ({ holds }: ModelCharge) => holds.some(({ leaseId }) => leaseId === id);
      const isOwed =
        gateway.desk.isHeld(id) || gateway.pending.some(names) || (copies.get(gatewayId) ?? []).some(names);
      if (isOver && !isOwed) gateway.overdueSince.set(id, seenBefore.get(id) ?? nowMs);
    }
    for (const [id, sinceMs] of gateway.overdueSince) {
      if (nowMs - sinceMs < overdueForMs) continue;
      excuseUnreachable(id, sinceMs);
      model.giveBack(id, undefined);
    }
  }

  /** Redis has lost the copy, and a gateway stood still, since the lease was seen overdue, with the record in its memory: both witnesses are out of reach, and nobody can know. */
  function excuseUnreachable(leaseId: string, sinceMs: number): void {
    for (const { requestId, chargeNano, holds } of gateways
      .filter(({ stoppedUntilMs }) => stoppedUntilMs > sinceMs)
      .flatMap(({ pending }) => pending)) {
      if (!model.events.has(requestId) && holds.some((hold) => hold.leaseId === leaseId)) excusedNano += chargeNano;
    }
  }

  /** Workers find that nobody listens: they stop, and say what was generated. */
  function abandon(gateway: Gateway): void {
    for (const one of gateway.open) addCopy(gateway.id, toCharge(one));
  }

  function crash(at: number): void {
    const gateway = gateways[at];
    if (gateway === undefined) return;
    abandon(gateway);
    for (let call = calls.length - 1; call >= 0; call--) {
      if (calls[call]?.gateway !== gateway) continue;
      // What was on its way to Postgres may still arrive there.
      const [lost] = calls.splice(call, 1);
      if (lost !== undefined && !postgresAway && random(2) === 0) lost.act();
    }
    // Its records that no worker had a copy of are lost with it, when Redis has lost them too.
    // Copies of what it had abandoned are there since it stood still, unless Redis has lost them.
    const heard = new Set((copies.get(gateway.id) ?? []).map(({ requestId }) => requestId));
    unheard += [...gateway.pending, ...gateway.abandoned].filter(
      ({ requestId }) => !heard.has(requestId) && !model.events.has(requestId),
    ).length;
    gateways[at] = startGateway(random(2) === 0 ? gateway.id : `g${at}-${states}`);
  }

  function stop(gateway: Gateway): void {
    gateway.stoppedUntilMs = nowMs + random(180_000);
    // Long enough: its workers notice.
    if (gateway.stoppedUntilMs - nowMs <= silentAfterMs) return;
    abandon(gateway);
    gateway.abandoned.push(...gateway.open.splice(0));
  }

  /** It runs again, and ends what was open in its own way, perhaps long after others have settled it. */
  function wake(gateway: Gateway): void {
    if (nowMs - gateway.seenAtMs > silentAfterMs - 1_000) gateway.desk.doubtHeld();
    gateway.seenAtMs = nowMs;
    for (const one of gateway.abandoned.splice(0)) {
      one.hold.settle(0n);
      gateway.pending.push({ ...toCharge(one), chargeNano: 0n });
    }
  }

  function deliver(): void {
    const at = random(calls.length);
    // Who stands still hears nothing.
    if (calls[at] === undefined || !runs(calls[at].gateway)) return;
    const [call] = calls.splice(at, 1);
    if (call === undefined) return;
    if (postgresAway && random(4) > 0) {
      // Sometimes it was done all the same, and only the answer is lost.
      if (random(4) === 0) call.act();
      call.reject(new Error("away"));
      return;
    }
    call.resolve(call.act() as never);
  }

  function move(account: string): void {
    const amountNano = random(3) === 0 ? -BigInt(random(80)) : BigInt(random(120));
    if (model.move(account, amountNano)) paid.set(account, (paid.get(account) ?? 0n) + amountNano);
  }

  function loseRedis(): void {
    for (const gateway of gateways) {
      const known = new Set(gateway.pending.map(({ requestId }) => requestId));
      for (const { requestId } of copies.get(gateway.id) ?? []) {
        if (!known.has(requestId) && !model.events.has(requestId)) unheard++;
      }
    }
    const owners = new Set(gateways.map(({ id }) => id));
    for (const [owner, list] of copies) {
      if (!owners.has(owner)) unheard += list.filter(({ requestId }) => !model.events.has(requestId)).length;
    }
    copies.clear();
  }

  function act(): void {
    const gateway = anyGateway();
    const dice = random(1_000);
    for (const one of gateways) if (runs(one)) wake(one);
    if (dice < 300) step = "deliver";
    else if (dice < 520) step = "request";
    else if (dice < 720) step = "finish";
    else if (dice < 800) step = "settle";
    else if (dice < 840) step = "copies";
    else if (dice < 880) step = "time";
    else if (dice < 910) step = "renew";
    else if (dice < 940) step = "sweep";
    else if (dice < 970) step = "money";
    else if (dice < 978) step = "crash";
    else if (dice < 984) step = "stop";
    else if (dice < 990) step = "postgres";
    else if (dice < 993) step = "redis";
    else step = "leap";
    if (step === "deliver") deliver();
    else if (step === "time") passTime(random(3_000));
    else if (step === "leap") passTime(random(90_000));
    else if (step === "money") move(pick(accounts) ?? "a");
    else if (step === "crash") crash(random(gatewayCount));
    else if (step === "postgres") postgresAway = !postgresAway;
    else if (step === "redis") loseRedis();
    else if (gateway !== undefined) {
      if (step === "request") request(gateway);
      else if (step === "finish") finish(gateway);
      else if (step === "settle") settle(gateway);
      else if (step === "copies") settleCopies(gateway);
      else if (step === "renew") gateway.desk.renew().catch(() => undefined);
      else if (step === "sweep") sweep(gateway);
      else if (step === "stop") stop(gateway);
    }
  }

  function check(): void {
    states++;
    const leased = new Map<string, bigint>();
    for (const { purseId, amountNano } of model.leases.values()) {
      if (amountNano < 0n) violations.push(`${step}: a lease below zero`);
      leased.set(purseId, (leased.get(purseId) ?? 0n) + amountNano);
    }
    for (const [id, { leasedNano, balanceNano }] of model.purses) {
      if ((leased.get(id) ?? 0n) !== leasedNano) violations.push(`${step}: purse ${id} and its leases differ`);
      if (balanceNano < leasedNano)
        violations.push(`${step}: purse ${id} has ${balanceNano} and ${leasedNano} in leases`);
    }
    // Nothing is charged beyond its hold here, so nothing may have to be written off: credit was given twice.
    if (model.writtenOffNano > excusedNano) violations.push(`${step}: ${model.writtenOffNano} had to be written off`);
  }

  const flush = async () => {
    for (let turn = 0; turn < flushTurns; turn++) await undefined;
  };
  while (states < steps && violations.length < violationsMax) {
    act();
    await flush();
    check();
  }
  await end();
  return { states, admitted: requests, refused, violations };

  /** Everything comes to rest: then nothing may be missing. */
  async function end(): Promise<void> {
    postgresAway = false;
    step = "end";
    for (const gateway of gateways) gateway.stoppedUntilMs = 0;
    for (let round = 0; round < 20; round++) {
      nowMs += leaseTermMs;
      for (const gateway of gateways) wake(gateway);
      while (calls.length > 0) {
        deliver();
        await flush();
      }
      for (const gateway of gateways) {
        while (gateway.open.length > 0) finish(gateway);
        for (let page = 0; page < 200; page++) settleCopies(gateway);
        while (gateway.pending.length > 0) settle(gateway);
        gateway.desk.renew().catch(() => undefined);
        await flush();
        sweep(gateway);
      }
      check();
    }
    for (const [id, { leasedNano }] of model.purses) {
      if (leasedNano !== 0n) violations.push(`end: ${leasedNano} of purse ${id} never came back from leases`);
    }
    const charged = [...model.events.values()].reduce((sum, nano) => sum + nano, 0n);
    const balances = [...model.purses.values()].reduce((sum, { balanceNano }) => sum + balanceNano, 0n);
    const credit = [...paid.values()].reduce((sum, nano) => sum + nano, 3_000n);
    if (credit - charged + model.writtenOffNano !== balances)
      violations.push(`end: ${credit} paid, ${charged} charged, ${balances} left`);
    const lost = requests - model.events.size;
    if (lost > unheard)
      violations.push(`end: ${lost} requests are not on record, and ${unheard} had lost both witnesses`);
  }
}

/** Whole numbers from 0 to below its argument (mulberry32). */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) % Math.max(1, below);
  };
}
