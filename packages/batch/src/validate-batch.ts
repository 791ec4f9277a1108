/** Looks at every line of a batch's file, and puts all of them into the database or none. */
import { setImmediate } from "node:timers/promises";
import { type Batch, type BatchProblem, batch, type Db } from "@tera/database";
import { TeraError } from "@tera/protocol";
import { and, eq } from "drizzle-orm";
import { createBatchStore } from "./batch-store.ts";
import type { FileStore } from "./file-store.ts";
import { createLineStore, type NewLine } from "./line-store.ts";
import { parseRequestLine, type RequestLine } from "./request-line.ts";
import { type LineLimits, type ScannedLine, scanLines } from "./scan-lines.ts";
import { withLock } from "./with-lock.ts";

/** So many are told; whoever wrote the file mends them, and comes again. */
const problemsMax = 50;
const insertLines = 2_000;
/** Lines that are looked at before other work gets its turn. */
const turnLines = 25;

export interface ValidationOptions {
  db: Db;
  files: FileStore;
  limits: LineLimits;
  /** Whether it can be run. @returns the model that it means. @throws {TeraError} in words for who wrote it. */
  check(line: RequestLine): string;
}

/** @returns "elsewhere": another gateway is at it, or it is over. */
export async function validateBatch(
  batchId: string,
  options: ValidationOptions,
): Promise<"begun" | "failed" | "elsewhere"> {
  const problems: BatchProblem[] = [];
  const begun = await withLock(options.db, `batch ${batchId}`, async (tx) => {
    const [found] = await tx
      .select()
      .from(batch)
      .where(and(eq(batch.id, batchId), eq(batch.status, "validating")));
    if (found === undefined) return undefined;
    const { total, models } = await addLines(
      found,
      createLineStore({ db: tx, author: "validation" }),
      options,
      problems,
    );
    if (problems.length > 0) throw new Refused();
    return createBatchStore({ db: tx }).begin(batchId, total, Object.fromEntries(models));
  }).catch((error: unknown) => {
    if (error instanceof Refused) return false;
    throw error;
  });
  if (begun === undefined) return "elsewhere";
  if (begun) return "begun";
  await createBatchStore({ db: options.db }).fail(batchId, problems);
  return "failed";
}

/** Undoes the transaction: nothing of a file that is refused stays. */
class Refused extends Error {}

interface Added {
  total: number;
  /** How many lines name each model. */
  models: ReadonlyMap<string, number>;
}

/** What is wrong goes to `problems`. */
async function addLines(
  of: Batch,
  lines: Pick<ReturnType<typeof createLineStore>, "add">,
  { files, limits, check }: ValidationOptions,
  problems: BatchProblem[],
): Promise<Added> {
  const models = new Map<string, number>();
  const input = await files.find(of.accountId, of.inputFileId);
  if (input === undefined) {
    problems.push(
      problem("file_not_found", null, `The file ${of.inputFileId} is not there any more.`, "input_file_id"),
    );
    return { total: 0, models };
  }
  let total = 0;
  let fresh: NewLine[] = [];

  async function flush(): Promise<void> {
    const taken = new Set(await lines.add(of.id, fresh));
    for (const { number, customId } of fresh) {
      if (!taken.has(number)) continue;
      problems.push(
        problem("duplicate_custom_id", number, `\`${customId}\` is the id of another line, too.`, "custom_id"),
      );
    }
    total += fresh.length;
    fresh = [];
  }

  function look({ number, offset, length, text }: ScannedLine): void {
    try {
      const line = parseRequestLine(text);
      if (line.url !== of.endpoint) {
        throw new TeraError("invalid_request", `this batch is for ${of.endpoint}, and the line for ${line.url}`, {
          param: "url",
        });
      }
      const model = check(line);
      models.set(model, (models.get(model) ?? 0) + 1);
      fresh.push({ number, customId: line.customId, model, byteOffset: offset, byteLength: length });
    } catch (error) {
      if (!(error instanceof TeraError)) throw error;
      problems.push(problem(error.code, number, error.message, error.param ?? null));
    }
  }

  try {
    let sinceTurn = 0;
    for await (const some of scanLines(files.read(input), limits)) {
      for (const line of some) {
        look(line);
        if (fresh.length >= insertLines) await flush();
        if (problems.length >= problemsMax) return { total, models };
        if (++sinceTurn % turnLines === 0) await setImmediate();
      }
    }
    await flush();
  } catch (error) {
    // A store that is away is no fault of the file's.
    if (!(error instanceof TeraError) || error.fault !== "client") throw error;
    problems.push(problem(error.code, null, error.message, error.param ?? null));
  }
  if (total === 0 && problems.length === 0)
    problems.push(problem("empty_file", null, "The file has no lines.", "input_file_id"));
  return { total, models };
}

function problem(code: string, line: number | null, message: string, param: string | null): BatchProblem {
  return { code, line, message, param };
}
