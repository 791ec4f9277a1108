/** `tera usage requests`: the last requests, each with what it used, what it cost, and why attempts failed. */
import type { ReportedUsage } from "@tera/metering";
import { z } from "zod";
import { findStack } from "../../stack/find-stack.ts";
import { withDatabase } from "../../stack/open-stack.ts";
import { CliError } from "../../terminal/cli-error.ts";
import { oneLine, renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { dollars } from "../credit/money-text.ts";
import { type Metering, toRequestJson } from "./request-json.ts";
import { describeInput, describeOutput, describeStatus } from "./request-text.ts";
import { showRequest } from "./show-request.ts";
import { filterOptions, readFilter } from "./usage-filter.ts";

export const statuses = ["succeeded", "failed", "cancelled"] as const;

export const requestsOptions = filterOptions.extend({
  status: z.enum(statuses).optional(),
  limit: z.number(),
  after: z.string().optional(),
  id: z.string().optional(),
  content: z.boolean().default(false),
});
type RequestsOptions = z.infer<typeof requestsOptions>;

export async function listRequests(options: RequestsOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { id, content, json, dataDir } = options;
  if (id !== undefined) return showRequest({ id, content, json, dataDir }, context);
  if (content) throw new CliError("--content is of one request: name it with --id.");
  const filter = { ...readFilter(options), status: options.status };
  const metering = await import("@tera/metering");
  const stack = await findStack({ ...context, dataDir });
  const requests = await withDatabase(stack, async (db) => {
    const reports = metering.createUsageReports({ db });
    const after = options.after === undefined ? undefined : await reports.findRequest(options.after);
    if (options.after !== undefined && after === undefined) {
      throw new CliError(`--after ${oneLine(options.after)}: there is no usage of this request.`);
    }
    return reports.lastRequests(filter, options.limit, after);
  });
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
  requests: readonly ReportedUsage[],
  columns: number,
  { formatUsd, formatMs }: Metering,
): string {
  return renderTable<ReportedUsage>(
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
