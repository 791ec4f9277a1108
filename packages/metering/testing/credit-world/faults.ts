/** What goes wrong in a world: Postgres answers late, not at all, or unheard; gateways die or stand still; Redis loses its copies, and what gateways tell each other. Each says what it has made unknowable. */
import { addCopy, type Gateway, isRunning, silentAfterMs, startGateway, toCharge, type World } from "./world.ts";

/** One question reaches Postgres, in any order; while Postgres is away most fail, and some are done unheard. */
export function deliver(world: World): void {
  const { calls, random } = world;
  const at = random(calls.length);
  // Who stands still hears nothing.
  if (calls[at] === undefined || !isRunning(world, calls[at].gateway)) return;
  const [call] = calls.splice(at, 1);
  if (call === undefined) return;
  if (world.postgresAway && random(4) > 0) {
    if (random(4) === 0) call.act();
    call.reject(new Error("away"));
    return;
  }
  call.resolve(call.act() as never);
}

/** One gateway hears what another has told it, in any order. Who is gone or stands still hears nothing. */
export function hear(world: World): void {
  const [message] = world.messages.splice(world.random(world.messages.length), 1);
  const gateway = world.gateways.find(({ id }) => id === message?.toGatewayId);
  if (gateway !== undefined && isRunning(world, gateway)) message?.hear(gateway);
}

/** Nobody waits for an answer for long. */
export function giveUpRecalls(world: World): void {
  const { nowMs, recalls } = world;
  const isOver = ({ untilMs, gateway }: (typeof recalls)[number]) => untilMs <= nowMs && isRunning(world, gateway);
  world.recalls = recalls.filter((one) => !isOver(one));
  for (const one of recalls.filter(isOver)) one.giveUp();
}

/** A gateway dies, and another one starts in its place, under its name or a new one. */
export function crash(world: World, at: number): void {
  const { calls, gateways, model, random } = world;
  const gateway = gateways[at];
  if (gateway === undefined) return;
  abandon(world, gateway);
  world.recalls = world.recalls.filter((one) => one.gateway !== gateway);
  for (let call = calls.length - 1; call >= 0; call--) {
    if (calls[call]?.gateway !== gateway) continue;
    // What was on its way to Postgres may still arrive there.
    const [lost] = calls.splice(call, 1);
    if (lost !== undefined && !world.postgresAway && random(2) === 0) lost.act();
  }
  // Its records that no worker had a copy of are lost with it, when Redis has lost them too.
  // Copies of what it had abandoned are there since it stood still, unless Redis has lost them.
  const heard = new Set((world.copies.get(gateway.id) ?? []).map(({ requestId }) => requestId));
  world.unheard += [...gateway.pending, ...gateway.abandoned].filter(
    ({ requestId }) => !heard.has(requestId) && !model.events.has(requestId),
  ).length;
  gateways[at] = startGateway(world, random(2) === 0 ? gateway.id : `g${at}-${world.states}`);
}

/** A gateway stands still, up to three minutes. */
export function stop(world: World, gateway: Gateway): void {
  gateway.stoppedUntilMs = world.nowMs + world.random(180_000);
  // Long enough: its workers notice.
  if (gateway.stoppedUntilMs - world.nowMs <= silentAfterMs) return;
  abandon(world, gateway);
  gateway.abandoned.push(...gateway.open.splice(0));
}

/** Workers find that nobody listens: they stop, and say what was generated. */
function abandon(world: World, gateway: Gateway): void {
  for (const one of gateway.open) addCopy(world, gateway.id, toCharge(world, one));
}

/** It runs again, and ends what was open in its own way, perhaps long after others have settled it. */
export function wake(world: World, gateway: Gateway): void {
  if (world.nowMs - gateway.seenAtMs > silentAfterMs - 1_000) gateway.desk.doubtHeld();
  gateway.seenAtMs = world.nowMs;
  for (const one of gateway.abandoned.splice(0)) {
    one.hold.settle(0n);
    gateway.pending.push({ ...toCharge(world, one), chargeNano: 0n });
  }
}

export function loseRedis(world: World): void {
  const { copies, gateways, model } = world;
  for (const [owner, list] of copies) {
    const pending = gateways.find(({ id }) => id === owner)?.pending ?? [];
    const known = new Set(pending.map(({ requestId }) => requestId));
    world.unheard += list.filter(({ requestId }) => !known.has(requestId) && !model.events.has(requestId)).length;
  }
  copies.clear();
  world.messages = [];
}
