/** `/admin/api/batches`: how far they are, their files, and what can be done with them. */
import { Readable } from "node:stream";
import {
  type BatchFileKind,
  batchDetailsSchema,
  batchFileKinds,
  batchListQuery,
  batchPageSchema,
  newBatchSchema,
} from "@tera/admin-api/batches";
import type { Key } from "@tera/admin-api/keys";
import {
  type BatchStore,
  batchMetadataSchema,
  createBatchStore,
  type FileStore,
  findListedBatch,
  type ListedBatch,
  listBatches,
  startBatch,
} from "@tera/batch";
import type { Batch, Db } from "@tera/database";
import { z } from "zod";
import { type Actor, accountsInView, sees } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { createPaceWatch, type Pace } from "../batches/pace-watch.ts";
import { renderBatch, renderBatchDetails } from "../batches/render-batch.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";
import { readKey } from "../keys/render-key.ts";
import type { LaneQueues } from "./queue.ts";

const idParams = z.object({ batchId: z.string().max(100) });

const newBatchBody = newBatchSchema.extend({ metadata: batchMetadataSchema.nullable().default(null) });

/** Of one batch: each is a question to Redis. */
const lanesLookedAtMax = 100;

const pausedByOperator = "The operator has paused this batch, and only they can resume it. Ask them why.";
const pauseReasons = { operator: "The operator has paused it.", customer: "It was paused by hand." };

export interface BatchDependencies {
  db: Db;
  change: Change;
  files: Pick<FileStore, "find" | "read">;
  queues: Pick<LaneQueues, "countModel">;
}

export function registerBatchRoutes(app: AdminApp, { db, change, files, queues }: BatchDependencies): void {
  const watch = createPaceWatch();

  app.get(
    "/batches",
    {
      config: { permission: "batches:read" },
      schema: {
        summary: "Batches",
        description: "`search` looks into ids, and into names and ids of input files.",
        querystring: batchListQuery,
        response: { 200: batchPageSchema },
      },
    },
    async ({ query: { accountId, ...query }, actor }) => {
      const among = accountsInView(actor, accountId) ?? undefined;
      const { items, total } = await listBatches(db, { ...query, among });
      return { items: items.map(renderBatch), total };
    },
  );

  app.post(
    "/batches",
    {
      config: { permission: "batches:write" },
      schema: {
        summary: "Start a batch",
        description:
          "Of a file that was uploaded, by `POST /admin/api/files` or by a client. It runs as if the key had asked for it, within 24 hours; that its lines can be run is looked at afterwards.",
        body: newBatchBody,
        response: { 200: batchDetailsSchema },
      },
    },
    async ({ body: { keyId, ...start }, actor }) => {
      const key = await readKey(db, actor, keyId);
      mustBeOpen(key);
      const { accountId } = key;
      const batchId = await change(actor, async (tx) => {
        const batches = createBatchStore({ db: tx });
        const { id, status } = await startBatch({ files, batches }, { ...start, accountId, keyId });
        const name = (await findListedBatch(tx, id))?.fileName ?? id;
        const { inputFileId, endpoint } = start;
        const object = { objectKind: "batch", objectId: id, objectName: name, accountId };
        return {
          answer: id,
          entry: { action: "batch.create", ...object, after: { status, keyId, inputFileId, endpoint } },
        };
      });
      return readDetails(actor, batchId);
    },
  );

  app.get(
    "/batches/:batchId",
    {
      config: { permission: "batches:read" },
      schema: {
        summary: "One batch, with its pace and what became of its lines",
        description: "The pace is the mean of the last minutes in which somebody looked, or since the first line.",
        params: idParams,
        response: { 200: batchDetailsSchema },
      },
    },
    async ({ params: { batchId }, actor }) => readDetails(actor, batchId),
  );

  for (const kind of batchFileKinds) {
    app.get(
      `/batches/:batchId/${kind}`,
      {
        config: { permission: "content:read" },
        schema: {
          summary: `The ${kind} file of a batch`,
          description: "JSON Lines, as it was uploaded or written.",
          params: idParams,
        },
      },
      async ({ params: { batchId }, actor }, reply) => {
        const batch = await mustFind(actor, batchId);
        const file = await findFile(batch, kind);
        if (file === undefined) throw notFound("file");
        return reply
          .type("application/jsonl")
          .header("content-length", file.bytes)
          .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`)
          .send(Readable.from(files.read(file)));
      },
    );
  }

  app.post(
    "/batches/:batchId/cancel",
    {
      config: { permission: "batches:write" },
      schema: {
        summary: "End a batch before its time",
        description: "Nothing more of it is begun; what runs ends, and what is done stays and is paid for.",
        params: idParams,
        response: { 200: batchDetailsSchema },
      },
    },
    async ({ params: { batchId }, actor }) =>
      act(actor, batchId, "cancel", async (store, batch) => {
        if (batch.status === "cancelling" || batch.status === "cancelled") return;
        if ((await store.cancel(batchId)) === undefined) throw hasEnded(await store.find(batchId), "cancelled");
      }),
  );

  app.post(
    "/batches/:batchId/pause",
    {
      config: { permission: "batches:write" },
      schema: {
        summary: "Begin none of its lines for a while",
        description: "What runs goes on, and so does its time. What the operator pauses, a customer cannot resume.",
        params: idParams,
        response: { 200: batchDetailsSchema },
      },
    },
    async ({ params: { batchId }, actor }) =>
      act(actor, batchId, "pause", async (store, { pause }) => {
        const by = actor.accounts === null ? "operator" : "customer";
        if (pause === by || pause === "operator") return;
        if (!(await store.pause(batchId, by, pauseReasons[by], ["credit", "customer"])))
          throw hasEnded(await store.find(batchId), "paused");
      }),
  );

  app.post(
    "/batches/:batchId/resume",
    {
      config: { permission: "batches:write" },
      schema: {
        summary: "Go on with a batch that is paused",
        description: "One that waits for credit is tried again at once.",
        params: idParams,
        response: { 200: batchDetailsSchema },
      },
    },
    async ({ params: { batchId }, actor }) =>
      act(actor, batchId, "resume", async (store, { pause }) => {
        if (pause === null) return;
        if (pause === "operator" && actor.accounts !== null) throw new AdminError("forbidden", pausedByOperator);
        // Only for the reason that was seen: whoever pauses it meanwhile is not undone.
        await store.resume(batchId, pause);
      }),
  );

  async function act(
    actor: Actor,
    batchId: string,
    action: "cancel" | "pause" | "resume",
    work: (store: BatchStore, batch: Batch) => Promise<void>,
  ) {
    const { fileName, accountId } = await mustFind(actor, batchId);
    await change(actor, async (tx) => {
      const store = createBatchStore({ db: tx });
      const before = await store.find(batchId);
      if (before === undefined) throw notFound("batch");
      await work(store, before);
      const after = (await store.find(batchId)) ?? before;
      const states = { before: toState(before), after: toState(after) };
      const isSame = before.status === after.status && before.pause === after.pause;
      const about = { objectKind: "batch", objectId: batchId, objectName: fileName ?? batchId, accountId };
      return { answer: undefined, entry: isSame ? undefined : { action: `batch.${action}`, ...about, ...states } };
    });
    return readDetails(actor, batchId);
  }

  async function readDetails(actor: Actor, batchId: string) {
    const batch = await mustFind(actor, batchId);
    const nowMs = Date.now();
    const [pausedModels, failures, input, output, error] = await Promise.all([
      findPaused(batch),
      batch.failedLines === 0 ? {} : createBatchStore({ db }).countFailures(batch),
      findFile(batch, "input"),
      findFile(batch, "output"),
      findFile(batch, "error"),
    ]);
    const pace = paceOf(batch, nowMs);
    return renderBatchDetails(batch, { files: { input, output, error }, failures, pace, pausedModels, nowMs });
  }

  /** Those of its models whose lanes are paused; none while Redis is away, where nothing is begun anyway. */
  async function findPaused({ status, models }: Batch): Promise<Set<string>> {
    if (status !== "in_progress") return new Set();
    const named = Object.keys(models ?? {}).slice(0, lanesLookedAtMax);
    const counts = await Promise.all(named.map((model) => queues.countModel(model).catch(() => undefined)));
    return new Set(named.filter((_, index) => counts[index]?.isPaused));
  }

  function paceOf(batch: Batch, nowMs: number): Pace | undefined {
    const { id: batchId, status, pause, inProgressAt } = batch;
    const done = batch.completedLines + batch.failedLines;
    if (status === "in_progress" && pause === null && inProgressAt !== null)
      return watch.look({ batchId, done, sinceMs: inProgressAt.getTime() }, nowMs);
    if (pause !== null) watch.stand({ batchId, done }, nowMs);
    return undefined;
  }

  async function findFile({ accountId, ...batch }: Batch, kind: BatchFileKind) {
    const id = { input: batch.inputFileId, output: batch.outputFileId, error: batch.errorFileId }[kind];
    return id === null ? undefined : files.find(accountId, id);
  }

  /** @throws {AdminError} the same for one that is not there and for another customer's */
  async function mustFind(actor: Actor, batchId: string): Promise<ListedBatch> {
    const found = await findListedBatch(db, batchId);
    if (found === undefined || !sees(actor, found.accountId)) throw notFound("batch");
    return found;
  }
}

/** @throws {AdminError} `conflict`: nothing would be run under it. */
function mustBeOpen({ name, state, accountName, accountDisabled }: Key): void {
  const why = accountDisabled
    ? `The account ${accountName} is disabled: none of its keys opens anything.`
    : state === "active"
      ? undefined
      : `The key ${name} is ${state}. Choose one that is active.`;
  if (why !== undefined) throw new AdminError("conflict", why, { fields: [{ path: "keyId", message: why }] });
}

/** What these actions change. */
function toState({ status, pause }: Batch) {
  return { status, pause };
}

function hasEnded(batch: Batch | undefined, what: string): AdminError {
  return new AdminError(
    "conflict",
    `It is ${batch?.status.replace("_", " ") ?? "gone"}, and cannot be ${what} any more.`,
  );
}
