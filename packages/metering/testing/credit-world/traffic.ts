/** What happens in a world where nothing goes wrong: requests begin and end, gateways settle them and what others left behind, money comes in, time passes. */
import { isRefusal } from "../../src/credit-desk.ts";
import type { ModelCharge } from "../credit-model.ts";
import { accounts, addCopy, type Gateway, isRunning, pick, silentAfterMs, toCharge, type World } from "./world.ts";

const overdueForMs = 15_000;

/** One more request: of an account, and every third also of a key's budget. */
export function request(world: World, gateway: Gateway): void {
  const neededNano = BigInt(1 + world.random(60));
  const purses = world.random(3) === 0 ? ["key"] : [pick(world, accounts) ?? "a"];
  for (const purseId of purses) {
    const result = gateway.desk.hold({ purseId, neededNano, wantedNano: neededNano });
    const admit = (answer: Awaited<typeof result>) => {
      if (isRefusal(answer)) {
        world.refused++;
        return;
      }
      // The gateway died meanwhile: nobody waits for it.
      if (!world.gateways.includes(gateway)) return;
      if (answer.amountNano < neededNano)
        world.violations.push(`${world.step}: held ${answer.amountNano} of ${neededNano}`);
      gateway.open.push({ requestId: `r${++world.admitted}`, hold: answer });
    };
    if (result instanceof Promise) result.then(admit, () => world.refused++);
    else admit(result);
  }
}

export function finish(world: World, gateway: Gateway): void {
  const [ended] = gateway.open.splice(world.random(gateway.open.length), 1);
  if (ended === undefined) return;
  const charge = toCharge(world, ended);
  // A request that the workers gave up while we stood still has a copy of its own, perhaps settled; both name the same charge, or the first one counts.
  ended.hold.settle(charge.chargeNano);
  gateway.pending.push(charge);
  if (world.random(10) > 0) addCopy(world, gateway.id, charge);
}

export function settle(world: World, gateway: Gateway): void {
  const batch = gateway.pending.slice(0, 1 + world.random(8));
  if (batch.length === 0 || (world.postgresAway && world.random(2) === 0)) return;
  world.model.settle(batch);
  // The answer was lost: they are tried again.
  if (world.postgresAway) return;
  gateway.pending.splice(0, batch.length);
  dropCopies(world, new Set(batch.map(({ requestId }) => requestId)));
}

function dropCopies({ copies }: World, requestIds: ReadonlySet<string>): void {
  for (const [gatewayId, list] of copies) {
    const left = list.filter(({ requestId }) => !requestIds.has(requestId));
    if (left.length === 0) copies.delete(gatewayId);
    else copies.set(gatewayId, left);
  }
}

/** A gateway takes the copies of one that is silent, or gone, or of itself before it was started again. */
export function settleCopies(world: World, gateway: Gateway): void {
  const owners = [...world.copies.keys()].filter((id) => maySettleFor(world, gateway, id));
  const owner = pick(world, owners);
  const isOpenHere = (requestId: string) => gateway.open.some((one) => one.requestId === requestId);
  const page = (world.copies.get(owner ?? "") ?? []).filter(({ requestId }) => !isOpenHere(requestId)).slice(0, 5);
  const isPending = ({ requestId }: ModelCharge) => gateway.pending.some((one) => one.requestId === requestId);
  gateway.pending.push(...page.filter((copy) => !isPending(copy)));
}

function maySettleFor(world: World, gateway: Gateway, ownerId: string): boolean {
  const owner = world.gateways.find(({ id }) => id === ownerId);
  return owner === undefined || owner === gateway || world.nowMs - owner.seenAtMs > silentAfterMs;
}

/** Leases that nobody has renewed, nobody owes a charge to, and that were so for long enough, go back to their purses. */
export function sweep(world: World, gateway: Gateway): void {
  const { model, copies, nowMs } = world;
  const seenBefore = gateway.overdueSince;
  gateway.overdueSince = new Map();
  if (world.postgresAway) return;
  for (const { id, gatewayId } of model.findExpired()) {
    const names = ({ holds }: ModelCharge) => holds.some(({ leaseId }) => leaseId === id);
    const isOwed = gateway.desk.isHeld(id) || gateway.pending.some(names) || (copies.get(gatewayId) ?? []).some(names);
    if (maySettleFor(world, gateway, gatewayId) && !isOwed) gateway.overdueSince.set(id, seenBefore.get(id) ?? nowMs);
  }
  for (const [id, sinceMs] of gateway.overdueSince) {
    if (nowMs - sinceMs < overdueForMs) continue;
    excuseUnreachable(world, id, sinceMs);
    model.giveBack(id, undefined);
  }
}

/** Redis has lost the copy, and a gateway stood still, since the lease was seen overdue, with the record in its memory: both witnesses are out of reach, and nobody can know. */
function excuseUnreachable(world: World, leaseId: string, sinceMs: number): void {
  for (const { requestId, chargeNano, holds } of world.gateways
    .filter(({ stoppedUntilMs }) => stoppedUntilMs > sinceMs)
    .flatMap(({ pending }) => pending)) {
    const isHeld = holds.some((hold) => hold.leaseId === leaseId);
    if (!world.model.events.has(requestId) && isHeld) world.excusedNano += chargeNano;
  }
}

/** Whoever runs has settled what it knew long before seconds have passed, unless Postgres was away. (To stand still is a step of its own.) */
export function passTime(world: World, ms: number): void {
  for (const gateway of world.gateways.filter((one) => isRunning(world, one))) {
    while (!world.postgresAway && gateway.pending.length > 0) settle(world, gateway);
  }
  world.nowMs += ms;
}

/** Someone pays, or is paid back. */
export function moveMoney(world: World, account: string): void {
  const amountNano = world.random(3) === 0 ? -BigInt(world.random(80)) : BigInt(world.random(120));
  if (world.model.move(account, amountNano)) world.paid.set(account, (world.paid.get(account) ?? 0n) + amountNano);
}
