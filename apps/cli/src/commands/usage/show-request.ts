/** `tera usage requests --id`: one request: its timeline, its attempts, why it ended, how its cost came about, and, with --content, what was asked and answered. */
import type { CommandContent } from "../../stack/command-usage.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withUsage } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { renderContent } from "./content-text.ts";
import { describeRefused } from "./refused-requests.ts";
import { toDescriptionJson } from "./request-json.ts";
import { renderDescription } from "./request-text.ts";

export interface ShowRequestOptions {
  id: string;
  content: boolean;
  json?: boolean | undefined;
  dataDir?: string | undefined;
  url?: string | undefined;
}

export async function showRequest(options: ShowRequestOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir: options.dataDir, url: options.url });
  const { description, refused, content } = await withUsage(stack, async (usage) => ({
    ...(await usage.find(options.id)),
    content: options.content ? await usage.findContent(options.id) : undefined,
  }));
  if (description === undefined && refused !== undefined) {
    terminal.print(
      options.json
        ? JSON.stringify({ ...refused, status: "refused", why: metering.explainErrorCode(refused.code) })
        : describeRefused(refused, terminal.columns, metering),
    );
    return;
  }
  if (description === undefined) {
    throw new CliError(
      `Nothing is kept of ${oneLine(options.id)}. One that has just ended is there within a second. Of requests that were refused the first few of a key, a code and a minute are kept, for seven days; months of usage past their retention are gone.`,
    );
  }
  if (options.json) {
    const json = toDescriptionJson(description, metering);
    terminal.print(JSON.stringify(options.content ? { ...json, content: content ?? null } : json));
    return;
  }
  terminal.print(renderDescription(description, terminal.columns, metering));
  if (options.content) showContent(content, context);
}

function showContent(content: CommandContent | undefined, { terminal }: CommandContext): void {
  if (content === undefined) {
    terminal.note(
      "Nothing is kept of what was asked and answered: content logging of its key was off (`tera keys set <key-id> --content-logging on`), or it has expired.",
    );
    return;
  }
  terminal.print(`\n${renderContent(content)}`);
}
