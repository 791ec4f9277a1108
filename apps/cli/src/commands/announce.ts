/** Tells the gateways of changes that Postgres has, and whoever sits at the terminal when that did not work. */
import type { Invalidation } from "@tera/queue";
import { type FoundStack, isRemote, type RemoteStack } from "../stack/find-stack.ts";
import { tellGateways } from "../stack/open-stack.ts";
import type { CommandContext } from "./context.ts";

/** @returns whether they were told. An Admin API tells them of what it changes. */
export async function announce(
  stack: FoundStack | RemoteStack,
  { terminal }: CommandContext,
  ...changes: Invalidation[]
): Promise<boolean> {
  if (isRemote(stack)) return true;
  const untold = await tellGateways(stack, ...changes);
  if (untold === undefined) return true;
  terminal.note(`It is stored. The gateways could not be told, and notice it within two minutes: ${untold}`);
  return false;
}
