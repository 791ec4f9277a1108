/** `tera usage requests`: the last requests, each with what it used, what it cost, and why attempts failed. */
import { z } from "zod";
import type { CommandRequest, CommandUsage } from "../../stack/command-usage.ts";
import { findInstallation } from "../../stack/find-stack.ts";
import { withUsage } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { dollars } from "../credit/money-text.ts";
import { describeSums, renderRefused } from "./refused-requests.ts";
import { type Metering, toRequestJson } from "./request-json.ts";
import { describeInput, describeOutput, describeStatus } from "./request-text.ts";
import { showRequest } from "./show-request.ts";
import { filterOptions, readFilter } from "./usage-filter.ts";

export const statuses = ["succeeded", "failed", "cancelled", "refused"] as const;

export const lanes = ["interactive", "batch"] as const;

export const requestsOptions = filterOptions.extend({
  status: z.enum(statuses).optional(),
  lane: z.enum(lanes).optional(),
  limit: z.number(),
  after: z.string().optional(),
  id: z.string().optional(),
  content: z.boolean().default(false),
});
type RequestsOptions = z.infer<typeof requestsOptions>;

export async function listRequests(options: RequestsOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { id, content, json, dataDir, url } = options;
  if (id !== undefined) return showRequest({ id, content, json, dataDir, url }, context);
  if (content) throw new CliError("--content is of one request: name it with --id.");
  const { status, lane } = options;
  if (status === "refused" && lane !== undefined) throw new CliError("--lane: what was refused is on no lane.");
  const filter = readFilter(options);
  const metering = await import("@tera/metering");
  const stack = await findInstallation({ ...context, dataDir, url });
  const findAfter = async (usage: CommandUsage) => {
    if (options.after === undefined) return undefined;
    const after = await usage.findPosition(options.after);
    if (after === undefined) throw new CliError(`--after ${oneLine(options.after)}: nothing is kept of this request.`);
    return after;
  };
  if (status === "refused") {
    const { refused, sums } = await withUsage(stack, async (usage) => ({
      refused: await usage.lastRefused(filter, options.limit, await findAfter(usage)),
      sums: await usage.countRefused(filter),
    }));
    if (json) return terminal.print(JSON.stringify(refused));
    if (refused.length > 0) terminal.print(renderRefused(refused, terminal.columns));
    terminal.note(describeSums(sums) ?? "No request was refused in the last seven days.");
    if (refused.length === options.limit) terminal.note(`Older ones: --after ${refused.at(-1)?.requestId}`);
    return;
  }
  const requests = await withUsage(stack, async (usage) =>
    usage.lastRequests({ ...filter, status, lane }, options.limit, await findAfter(usage)),
  );
  if (json) {
    terminal.print(JSON.stringify(requests.map((request) => toRequestJson(request, metering))));
    return;
  }
  if (requests.length === 0) {
    terminal.note("No such request was settled.");
    return;
  }
  terminal.print(renderRequests(requests, terminal.columns, metering));
  const last = requests.at(-1);
  if (requests.length === options.limit) terminal.note(`Older ones: --after ${last?.requestId}`);
}

function renderRequests(
  requests: readonly CommandRequest[],
  columns: number,
  { formatUsd, formatMs }: Metering,
): string {
  return renderTable<CommandRequest>(
    [
      { header: "ADMITTED (UTC)", value: ({ admittedAt }) => admittedAt.toISOString().slice(0, 19).replace("T", " ") },
      { header: "REQUEST", value: ({ requestId }) => requestId },
      { header: "MODEL", value: ({ model }) => model, widthMin: 12 },
      { header: "INPUT", value: describeInput },
      { header: "OUTPUT", value: describeOutput },
      { header: "TIME", value: ({ totalMs }) => formatMs(totalMs) },
      { header: "COST", value: (request) => dollars(formatUsd(request.chargeNano + request.correctionNano)) },
      { header: "STATUS", value: describeStatus, widthMin: 9 },
    ],
    requests,
    columns,
  );
}
