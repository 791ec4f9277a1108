/** What must hold in a world: after every step, and when everything has come to rest. A check adds to the world's violations what does not. */
import { keyBudgetNano, type World } from "./world.ts";

export function checkState({ model, violations, step, excusedNano }: World): void {
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

/** Every lease is back, every request on record, and what was paid is what was charged and what is left, to the nano. */
export function checkRest({ model, violations, paid, admitted, unheard }: World): void {
  for (const [id, { leasedNano }] of model.purses) {
    if (leasedNano !== 0n) violations.push(`end: ${leasedNano} of purse ${id} never came back from leases`);
  }
  const charged = [...model.events.values()].reduce((sum, nano) => sum + nano, 0n);
  const balances = [...model.purses.values()].reduce((sum, { balanceNano }) => sum + balanceNano, 0n);
  const credit = [...paid.values()].reduce((sum, nano) => sum + nano, keyBudgetNano);
  if (credit - charged + model.writtenOffNano !== balances)
    violations.push(`end: ${credit} paid, ${charged} charged, ${balances} left`);
  const lost = admitted - model.events.size;
  if (lost > unheard)
    violations.push(`end: ${lost} requests are not on record, and ${unheard} had lost both witnesses`);
}
