/** `tera batch list`, `status` and `cancel`. */
import { z } from "zod";
import { type ApiBatch, batchPageSchema, batchSchema, hasEnded } from "../../api/batch-schema.ts";
import { findPublicApi } from "../../api/find-public-api.ts";
import { createPublicApi, type PublicApi } from "../../api/public-api.ts";
import { renderFields } from "../../terminal/fields.ts";
import { renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";
import { formatMoment } from "../moment.ts";
import { count, describeProblems } from "./batch-text.ts";
import { waitForBatch } from "./wait-for-batch.ts";

/** The API's largest page. */
const pageMax = 100;

export const batchOptions = z.object({
  json: z.boolean().default(false),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});
export const listBatchOptions = batchOptions.extend({ limit: z.number() });
export const statusOptions = batchOptions.extend({ wait: z.boolean().default(false) });
type Options = z.infer<typeof batchOptions>;

export async function openApi({ dataDir, url }: Options, context: CommandContext): Promise<PublicApi> {
  return createPublicApi(await findPublicApi({ ...context, dataDir, url }));
}

export async function listBatches(options: z.infer<typeof listBatchOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const api = await openApi(options, context);
  const found: ApiBatch[] = [];
  for (let hasMore = true; hasMore && found.length < options.limit; ) {
    const query = new URLSearchParams({ limit: String(Math.min(pageMax, options.limit - found.length)) });
    const last = found.at(-1);
    if (last !== undefined) query.set("after", last.id);
    const page = await api.ask(batchPageSchema, `/batches?${query}`);
    found.push(...page.data);
    hasMore = page.has_more && page.data.length > 0;
  }
  if (options.json) return terminal.print(JSON.stringify(found, null, 2));
  if (found.length === 0) return terminal.note("There are no batches. `tera batch create` makes one.");
  const columns = [
    { header: "ID", value: ({ id }: ApiBatch) => id },
    { header: "STATUS", value: (batch: ApiBatch) => `${batch.status}${batch.paused ? " (paused)" : ""}` },
    { header: "DONE", value: ({ request_counts: { completed } }: ApiBatch) => count(completed) },
    { header: "FAILED", value: ({ request_counts: { failed } }: ApiBatch) => count(failed) },
    { header: "LINES", value: ({ request_counts: { total } }: ApiBatch) => count(total) },
    { header: "COST", value: ({ cost }: ApiBatch) => (cost === undefined ? "" : `$${cost}`) },
    {
      header: "CREATED",
      value: ({ created_at }: ApiBatch) => formatMoment(new Date(created_at * 1_000)),
      widthMin: 10,
    },
  ];
  terminal.print(renderTable(columns, found, terminal.columns));
}

export async function showBatch(
  id: string,
  options: z.infer<typeof statusOptions>,
  context: CommandContext,
): Promise<void> {
  const api = await openApi(options, context);
  const first = await findBatch(api, id);
  const batch = options.wait && !hasEnded(first) ? await waitForBatch(api, first, context) : first;
  printBatch(batch, options, context);
}

export async function cancelBatch(id: string, options: Options, context: CommandContext): Promise<void> {
  const api = await openApi(options, context);
  const path = `/batches/${encodeURIComponent(id)}/cancel`;
  const batch = await api.ask(batchSchema, path, { method: "POST", body: {} });
  if (options.json) return context.terminal.print(JSON.stringify(batch, null, 2));
  context.terminal.note(`${batch.id} is ${batch.status}: no more of its lines are begun, those that run end.`);
}

export function findBatch(api: PublicApi, id: string): Promise<ApiBatch> {
  return api.ask(batchSchema, `/batches/${encodeURIComponent(id)}`);
}

function printBatch(batch: ApiBatch, { json }: Options, { terminal }: CommandContext): void {
  if (json) return terminal.print(JSON.stringify(batch, null, 2));
  const { total, completed, failed } = batch.request_counts;
  const fields: [string, string][] = [
    ["id", batch.id],
    ["status", batch.status],
    ["endpoint", batch.endpoint],
    ["lines", `${count(completed)} of ${count(total)} answered, ${count(failed)} failed`],
    ["created", formatMoment(new Date(batch.created_at * 1_000))],
  ];
  if (batch.cost !== undefined) fields.push(["cost", `$${batch.cost}`]);
  if (batch.paused) fields.push(["paused", batch.paused.message ?? batch.paused.reason]);
  if (batch.output_file_id) fields.push(["output file", batch.output_file_id]);
  if (batch.error_file_id) fields.push(["error file", batch.error_file_id]);
  fields.push(...describeProblems(batch));
  terminal.print(renderFields(fields, terminal.columns));
}
