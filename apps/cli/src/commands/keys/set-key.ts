/** `tera keys set`: changes a key; in effect everywhere within a second. */
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withKeyStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { announce } from "../announce.ts";
import type { CommandContext } from "../context.ts";
import { requireLivingKey } from "./find-key.ts";
import { namedOptions, readSettings, settingsOptions } from "./key-options.ts";
import { noteUnservedModels } from "./note-unserved-models.ts";
import { keyToJson } from "./render-key.ts";

export const setOptions = settingsOptions.extend({
  name: z.string().optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function setKey(
  keyId: string,
  options: z.infer<typeof setOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const named = [...(options.name === undefined ? [] : ["name"]), ...namedOptions(options)];
  if (named.length === 0) {
    throw new CliError("Nothing was named to be set. `tera keys set --help` shows what can be.");
  }
  const settings = await readSettings(options);
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const changed = await withKeyStore(stack, async (keyStore) => {
    await requireLivingKey(keyStore, keyId);
    return keyStore.changeKey(keyId, { name: options.name, ...settings });
  });
  if (changed === undefined) throw new CliError(`${keyId} is gone.`);
  const { key, changedIds } = changed;
  const told = await announce(stack, context, ...changedIds.map((id) => ({ type: "key", keyId: id }) as const));
  await noteUnservedModels(settings.modelScope ?? [], stack, context);
  if (options.json) {
    const { formatUsd } = await import("@tera/metering");
    terminal.print(JSON.stringify({ ...keyToJson(key, formatUsd), gatewaysTold: told }));
    return;
  }
  terminal.print(`Set ${named.join(", ")} of ${keyId} (${oneLine(key.name)}).`);
  const others = changedIds.filter((id) => id !== keyId);
  if (others.length > 0) terminal.print(`Its budgets are also those of ${others.join(", ")}, of the same rotation.`);
}
