/** `tera keys rotate`: a successor takes a key's place, and the old key lives on for a while. */
import type { Rotated } from "@tera/access";
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { findInstallation } from "../../stack/find-stack.ts";
import { withKeyStore } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import { announce } from "../announce.ts";
import type { CommandContext } from "../context.ts";
import { none, orNull } from "../limit-options.ts";
import { requireKey } from "./find-key.ts";
import { keyToJson } from "./render-key.ts";

export const rotateOptions = z.object({
  overlap: z.number(),
  expires: z.union([z.date(), z.literal(none)]).optional(),
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function rotateKey(
  keyId: string,
  options: z.infer<typeof rotateOptions>,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const rotated = await withKeyStore(stack, async (keyStore) => {
    await requireKey(keyStore, keyId);
    return keyStore.rotateKey({ keyId, overlapMs: options.overlap, expiresAt: orNull(options.expires) });
  });
  if (rotated.outcome !== "rotated") throw new CliError(whyNot(keyId, rotated));
  const { apiKey, key, old } = rotated;
  const told = await announce(stack, context, { type: "key", keyId });
  if (options.json) {
    const { formatUsd } = await import("@tera/metering");
    const replaced = keyToJson(old, formatUsd);
    terminal.print(JSON.stringify({ apiKey, ...keyToJson(key, formatUsd), replaced, gatewaysTold: told }));
    return;
  }
  const until = old.expiresAt?.toISOString() ?? "";
  terminal.note(`Made ${key.id} (${oneLine(key.name)}) in the place of ${keyId}, with the same settings and budgets.`);
  terminal.note(options.overlap === 0 ? `${keyId} has ended.` : `${keyId} lives on until ${until}.`);
  if (key.expiresAt !== null) {
    terminal.note(`The new key expires ${key.expiresAt.toISOString()}: \`tera keys set --expires\` changes that.`);
  }
  terminal.note("This is the only time that the new key is shown:");
  terminal.print(apiKey);
}

function whyNot(keyId: string, rotated: Exclude<Rotated, { outcome: "rotated" }>): string {
  switch (rotated.outcome) {
    case "unknown":
      return `${keyId} is gone.`;
    case "revoked":
      return `${keyId} was revoked: nothing takes its place. \`tera keys create\` makes another key.`;
    case "expired":
      return `${keyId} has expired. \`tera keys set ${keyId} --expires 30d\` brings it back; then rotate it.`;
    case "disabled":
      return `${keyId} is disabled. \`tera keys enable ${keyId}\` first; then rotate it.`;
    case "rotatedBefore":
      return `${keyId} was rotated before: rotate its successor ${rotated.old.successorId} instead.`;
  }
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const overlapMaxMs = 365 * unitMs.d;
export const overlapDefaultMs = unitMs.d;

/** @returns milliseconds. */
export function overlapArgument(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const isUnit = (letter: string): letter is keyof typeof unitMs => letter in unitMs;
  const overlapMs = text === "0" ? 0 : isUnit(unit) ? Number(digits) * unitMs[unit] : undefined;
  if (overlapMs === undefined || overlapMs > overlapMaxMs) {
    throw new InvalidArgumentError("It must be a time such as 30m, 24h, 7d or 2w, a year at most; or 0: at once.");
  }
  return overlapMs;
}
