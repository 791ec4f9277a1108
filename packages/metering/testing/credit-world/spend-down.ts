/**
 * A world without faults, where accounts are spent down to nothing at whichever gateway comes first, several at once: nobody may be refused what lies idle somewhere. What is on
 * its way still arrives in any order.
 */
import { isRefusal } from "../../src/credit-desk.ts";
import { finish, moveMoney, settle } from "./traffic.ts";
import { accounts, pick, type World } from "./world.ts";

const rounds = 40;
const atOnceMax = 6;
const neededMax = 60;

/** @param answerAll resolves when all that was on its way has arrived. */
export async function spendDown(world: World, answerAll: () => Promise<void>): Promise<void> {
  world.step = "spend down";
  for (let round = 0; round < rounds; round++) {
    if (world.random(10) === 0) for (const account of accounts) moveMoney(world, account);
    const purseId = pick(world, accounts) ?? "a";
    const refused: bigint[] = [];
    for (let asked = world.random(atOnceMax); asked >= 0; asked--)
      ask(world, purseId, (neededNano) => refused.push(neededNano));
    await answerAll();
    const idleNano = idleOf(world, purseId);
    for (const neededNano of refused) {
      if (neededNano <= idleNano) world.violations.push(`${world.step}: ${neededNano} refused, ${idleNano} lay idle`);
    }
    for (const gateway of world.gateways) {
      if (world.random(2) === 0) finish(world, gateway);
      if (world.random(2) === 0) settle(world, gateway);
    }
  }
}

function ask(world: World, purseId: string, onRefused: (neededNano: bigint) => void): void {
  const gateway = pick(world, world.gateways);
  const neededNano = BigInt(1 + world.random(neededMax));
  void Promise.resolve(gateway?.desk.hold({ purseId, neededNano, wantedNano: neededNano })).then((answer) => {
    if (answer === undefined) return;
    if (isRefusal(answer)) {
      world.refused++;
      onRefused(neededNano);
    } else {
      gateway?.open.push({ requestId: `r${++world.admitted}`, hold: answer });
    }
  });
}

/** What is neither held nor owed. */
function idleOf({ model, gateways }: World, purseId: string): bigint {
  const { balanceNano = 0n } = model.purses.get(purseId) ?? {};
  const heldNano = gateways
    .flatMap(({ open }) => open)
    .reduce((sum, { hold }) => (hold.purseId === purseId ? sum + hold.amountNano : sum), 0n);
  const owed = new Map(gateways.flatMap(({ pending }) => pending).map((charge) => [charge.requestId, charge]));
  let owedNano = 0n;
  for (const { requestId, chargeNano, holds } of owed.values()) {
    if (!model.events.has(requestId) && holds.some((hold) => hold.purseId === purseId)) owedNano += chargeNano;
  }
  return balanceNano - heldNano - owedNano;
}
