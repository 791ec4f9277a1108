/** `tera keys disable`, `enable` and `revoke`: in effect on every gateway within a second. */
import type { KeySummary } from "@tera/access";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withKeyStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { announce } from "../announce.ts";
import type { CommandContext } from "../context.ts";
import { requireKey, requireLivingKey } from "./find-key.ts";
import { keyToJson, statusOf } from "./render-key.ts";

export const switchOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
export const revokeOptions = switchOptions.extend({
  yes: z.boolean().optional(),
  endWaiting: z.boolean().default(true),
  endStreams: z.boolean().optional(),
});

export async function switchKey(
  keyId: string,
  to: "disabled" | "enabled",
  options: z.infer<typeof switchOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const key = await withKeyStore(stack, async (keyStore) => {
    const before = await requireLivingKey(keyStore, keyId);
    return (await (to === "disabled" ? keyStore.disableKey(keyId) : keyStore.enableKey(keyId))) ?? before;
  });
  const told = await announce(stack, context, { type: "key", keyId });
  if (options.json) await printJson(key, told, context);
  else terminal.print(`${to === "disabled" ? "Disabled" : "Enabled"} ${keyId} (${oneLine(key.name)}).`);
  if (to === "enabled" && statusOf(key) === "expired") {
    terminal.note(`It has expired all the same: \`tera keys set ${keyId} --expires 30d\` brings it back.`);
  }
}

export async function revokeKey(
  keyId: string,
  options: z.infer<typeof revokeOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const end = options.endStreams ? "all" : options.endWaiting ? "waiting" : undefined;
  const { key, before, successor, predecessors } = await withKeyStore(stack, async (keyStore) => {
    const key = await requireKey(keyStore, keyId);
    const before = key.revokedAt !== null;
    if (!before && !options.yes) await confirmRevocation(key, context);
    const rotation = await keyStore.listRotation(key.firstKeyId ?? key.id);
    const living = rotation.filter(({ id, revokedAt }) => id !== keyId && revokedAt === null);
    return {
      key: (await keyStore.revokeKey(keyId, end)) ?? key,
      before,
      successor: living.find(({ id }) => id === key.successorId),
      predecessors: living.filter((other) => other.successorId === keyId && statusOf(other) === "active"),
    };
  });
  const told = await announce(stack, context, { type: "key", keyId, end });
  if (options.json) await printJson(key, told, context);
  else if (before) terminal.print(`${keyId} was revoked before (${key.revokedAt?.toISOString()}).`);
  else terminal.print(`Revoked ${keyId} (${oneLine(key.name)}).`);
  for (const { id } of predecessors) terminal.note(`${id}, which it replaced, still opens the API: revoke it too?`);
  if (successor !== undefined) terminal.note(`${successor.id}, which replaced it, is not touched.`);
}

async function printJson(key: KeySummary, told: boolean, { terminal }: CommandContext): Promise<void> {
  const { formatUsd } = await import("@tera/metering");
  terminal.print(JSON.stringify({ ...keyToJson(key, formatUsd), gatewaysTold: told }));
}

async function confirmRevocation(key: KeySummary, { terminal }: CommandContext): Promise<void> {
  if (!terminal.interactive) {
    throw new CliError("Revoking cannot be undone, and there is no terminal to ask on: add --yes to do it.");
  }
  const answer = await terminal.ask(
    `Revoke ${key.id} (${oneLine(key.name)}, …${key.lastFour})? It cannot be undone. [y/N] `,
  );
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("Nothing was revoked.");
}
