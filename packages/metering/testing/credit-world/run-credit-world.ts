/**
 * A world of gateways on a clock of its own: real credit desks on the model of Postgres, with everything that can go wrong between them, in any order that a seed says. Postgres
 * answers late, not at all, or does what it was asked and its answer is lost; gateways die, are started again, or stand still for minutes; Redis loses its copies; the clock runs.
 *
 * After every step the model must hold what the design promises; in the end, when everything has been settled and every lease is back, all accounts must add up to the nano. Then,
 * without faults, nobody is refused what lies idle at any gateway.
 */
import { leaseTermMs } from "../../src/credit-store.ts";
import { checkRest, checkState } from "./checks.ts";
import { crash, deliver, giveUpRecalls, hear, loseRedis, stop, wake } from "./faults.ts";
import { spendDown } from "./spend-down.ts";
import { finish, moveMoney, passTime, request, settle, settleCopies, sweep } from "./traffic.ts";
import { accounts, createWorld, type Gateway, gatewayCount, isRunning, pick, recallMs, type World } from "./world.ts";

export interface WorldResult {
  /** Steps, after each of which the state was checked. */
  states: number;
  /** Requests that were admitted, and those that were refused. */
  admitted: number;
  refused: number;
  /** Empty: all is well. */
  violations: string[];
}

interface Step {
  name: string;
  /** How many of a thousand steps are this one. */
  perMille: number;
  /** @param gateway undefined where all stand still. */
  act(world: World, gateway: Gateway | undefined): void;
}

const steps: readonly Step[] = [
  { name: "deliver", perMille: 260, act: deliver },
  { name: "hear", perMille: 100, act: hear },
  { name: "request", perMille: 190, act: ofGateway(request) },
  { name: "finish", perMille: 170, act: ofGateway(finish) },
  { name: "settle", perMille: 80, act: ofGateway(settle) },
  { name: "copies", perMille: 40, act: ofGateway(settleCopies) },
  { name: "time", perMille: 40, act: (world) => passTime(world, world.random(3_000)) },
  { name: "renew", perMille: 30, act: ofGateway(renew) },
  { name: "sweep", perMille: 30, act: ofGateway(sweep) },
  { name: "money", perMille: 30, act: (world) => moveMoney(world, pick(world, accounts) ?? "a") },
  { name: "crash", perMille: 8, act: (world) => crash(world, world.random(gatewayCount)) },
  { name: "stop", perMille: 6, act: ofGateway(stop) },
  { name: "postgres", perMille: 6, act: togglePostgres },
  { name: "redis", perMille: 3, act: loseRedis },
  { name: "leap", perMille: 7, act: (world) => passTime(world, world.random(90_000)) },
];
const flushTurns = 30;
const violationsMax = 5;
const restRounds = 20;
const copyPagesMax = 200;

export async function runCreditWorld(seed: number, stepCount: number): Promise<WorldResult> {
  const world = createWorld(seed);
  while (world.states < stepCount && world.violations.length < violationsMax) {
    takeStep(world);
    await flush();
    world.states++;
    checkState(world);
  }
  await comeToRest(world);
  checkRest(world);
  await spendDown(world, () => answerAll(world));
  await comeToRest(world);
  checkRest(world);
  const { states, admitted, refused, violations } = world;
  return { states, admitted, refused, violations };
}

function takeStep(world: World): void {
  const running = world.gateways.filter((one) => isRunning(world, one));
  const gateway = pick(world, running);
  const step = rollStep(world);
  for (const one of running) wake(world, one);
  world.step = step.name;
  step.act(world, gateway);
  giveUpRecalls(world);
}

function rollStep(world: World): Step {
  let rest = world.random(1_000);
  for (const step of steps) {
    if (rest < step.perMille) return step;
    rest -= step.perMille;
  }
  throw new Error("the steps do not add up to a thousand");
}

/** All faults are over, and everyone gets the time to settle and give back what is left. */
async function comeToRest(world: World): Promise<void> {
  const { gateways } = world;
  world.postgresAway = false;
  world.step = "end";
  for (const gateway of gateways) gateway.stoppedUntilMs = 0;
  for (let round = 0; round < restRounds; round++) {
    world.nowMs += leaseTermMs;
    for (const gateway of gateways) wake(world, gateway);
    await answerAll(world);
    for (const gateway of gateways) {
      while (gateway.open.length > 0) finish(world, gateway);
      for (let page = 0; page < copyPagesMax; page++) settleCopies(world, gateway);
      while (gateway.pending.length > 0) settle(world, gateway);
      renew(world, gateway);
      await flush();
      sweep(world, gateway);
    }
    world.states++;
    checkState(world);
  }
}

function renew(_world: World, gateway: Gateway): void {
  gateway.desk.renew().catch(() => undefined);
}

function togglePostgres(world: World): void {
  world.postgresAway = !world.postgresAway;
}

/** A step of a gateway that runs, if one does. */
function ofGateway(act: (world: World, gateway: Gateway) => void): Step["act"] {
  return (world, gateway) => {
    if (gateway !== undefined) act(world, gateway);
  };
}

/** All that is on its way arrives, and who waits for what was lost gives up. */
async function answerAll(world: World): Promise<void> {
  for (;;) {
    await flush();
    const onTheirWay = world.calls.length + world.messages.length;
    if (onTheirWay === 0 && world.recalls.length === 0) return;
    if (onTheirWay === 0) {
      world.nowMs += recallMs;
      giveUpRecalls(world);
    } else if (world.random(onTheirWay) < world.calls.length) deliver(world);
    else hear(world);
  }
}

/** Lets the desks go on with what they were told. */
async function flush(): Promise<void> {
  for (let turn = 0; turn < flushTurns; turn++) await undefined;
}
