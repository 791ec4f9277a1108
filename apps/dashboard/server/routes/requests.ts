/** `/admin/api/requests`: single requests, and what is known of each. */
import type { Readable } from "node:stream";
import {
  refusalSumQuery,
  refusalSumsSchema,
  requestContentSchema,
  requestDetailsSchema,
  requestExportQuery,
  requestListQuery,
  requestPageSchema,
  requestRecordPageSchema,
  requestRecordQuery,
} from "@tera/admin-api/requests";
import type { Db } from "@tera/database";
import {
  type AnyRequestFilter,
  createContentStore,
  createRefusalStore,
  describeRequest,
  explainErrorCode,
  findListedRequest,
  listRequests,
  type RequestPosition,
} from "@tera/metering";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { type Actor, accountsInView, sees } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError, notFound } from "../errors.ts";
import { openExport } from "../requests/open-export.ts";
import {
  readNames,
  renderDetails,
  renderRecord,
  renderRefusedDetails,
  renderRequests,
} from "../requests/render-request.ts";
import { createTurnstile } from "../turnstile.ts";

const idParams = z.object({ requestId: z.string().max(100) });

/** Each keeps a connection to the database until its reader has all of it. */
const exportsAtOnceMax = 2;

export interface RequestDependencies {
  db: Db;
  /** Whose statements may take minutes. */
  longDb: Db;
  log: FastifyBaseLogger;
}

export function registerRequestRoutes(app: AdminApp, { db, longDb, log }: RequestDependencies): void {
  const exports = createTurnstile({ atOnceMax: exportsAtOnceMax, what: "Exports" });

  app.get(
    "/requests",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "The last requests",
        description:
          "The latest first, refused ones among the others. Of those that were refused the first few of each key, code and minute are kept, for seven days.",
        querystring: requestListQuery,
        response: { 200: requestPageSchema },
      },
    },
    async ({ query, actor }) => {
      const { id, before, pageSize, status, lane, model } = query;
      if (id !== undefined && id !== "") {
        const found = await findListedRequest(db, id);
        const owner = found?.kind === "used" ? found.usage.accountId : found?.refused.accountId;
        const isSeen = found !== undefined && owner !== undefined && sees(actor, owner);
        return { items: isSeen ? await renderRequests(db, [found]) : [], next: null };
      }
      const filter = { ...readFilter(actor, query), status, lane, model };
      const { items, next } = await readPage(filter, pageSize, before);
      return { items: await renderRequests(db, items), next };
    },
  );

  app.get(
    "/requests/records",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "The last requests that were admitted, with all that was metered of them",
        querystring: requestRecordQuery,
        response: { 200: requestRecordPageSchema },
      },
    },
    async ({ query, actor }) => {
      const { before, pageSize, status = "used", lane, model } = query;
      const filter: AnyRequestFilter = { ...readFilter(actor, query), status, lane, model };
      const { items, next } = await readPage(filter, pageSize, before);
      const isCustomer = actor.accounts !== null;
      const records = items.flatMap((item) => (item.kind === "used" ? [renderRecord(item.usage, { isCustomer })] : []));
      return { items: records, next };
    },
  );

  app.get(
    "/requests.jsonl",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "Every request of a period, one in a line",
        description: "In the order of admission, as of one moment.",
        querystring: requestExportQuery,
      },
    },
    async ({ query, actor }, reply) => {
      const { errorCode: _, ...filter } = readFilter(actor, query);
      const opened = Promise.withResolvers<Readable>();
      const exporting = exports(async () => {
        const wanted = { ...filter, model: query.model };
        const { file, ended } = openExport(longDb, wanted, { isCustomer: actor.accounts !== null, log });
        opened.resolve(file);
        await ended;
      });
      exporting.catch(opened.reject);
      return reply.type("application/x-ndjson; charset=utf-8").send(await opened.promise);
    },
  );

  app.get(
    "/requests/refusals",
    {
      config: { permission: "usage:read" },
      schema: {
        summary: "How many requests were refused, and why",
        description:
          "Of the last seven days at most. All of them, listed or not; without a filter, operators are told also of those whose key is not known.",
        querystring: refusalSumQuery,
        response: { 200: refusalSumsSchema },
      },
    },
    async ({ query, actor }) => {
      const sums = await createRefusalStore({ db }).count(readFilter(actor, query));
      const items = sums.map(({ code, requests }) => ({ code, why: explainErrorCode(code), requests }));
      return { items, total: items.reduce((sum, { requests }) => sum + requests, 0) };
    },
  );

  async function readPage(filter: AnyRequestFilter, pageSize: number, before: string | undefined) {
    const found = await listRequests(db, filter, pageSize + 1, readPosition(before));
    const items = found.slice(0, pageSize);
    const last = items.at(-1);
    const next = found.length > pageSize && last !== undefined ? `${last.at.getTime()}_${last.requestId}` : null;
    return { items, next };
  }

  app.get(
    "/requests/:requestId",
    {
      config: { permission: "usage:read" },
      schema: { summary: "All about one request", params: idParams, response: { 200: requestDetailsSchema } },
    },
    async ({ params: { requestId }, actor }) => {
      const description = await describeRequest(db, requestId);
      if (description !== undefined) {
        mustSeeRequest(actor, description.usage.accountId);
        const [names, content] = await Promise.all([
          readNames(db, [description.usage]),
          createContentStore({ db }).find(requestId),
        ]);
        return renderDetails(description, names, {
          hasContent: content !== undefined,
          isCustomer: actor.accounts !== null,
        });
      }
      const refused = await createRefusalStore({ db }).find(requestId);
      if (refused === undefined) throw notFound("request");
      mustSeeRequest(actor, refused.accountId);
      return renderRefusedDetails(refused, await readNames(db, [refused]));
    },
  );

  app.get(
    "/requests/:requestId/content",
    {
      config: { permission: "content:read" },
      schema: {
        summary: "What was asked and answered",
        description: "Only of requests whose key had content logging switched on, and until it expires.",
        params: idParams,
        response: { 200: requestContentSchema },
      },
    },
    async ({ params: { requestId }, actor }) => {
      const content = await createContentStore({ db }).find(requestId);
      if (content === undefined) throw notFound("request");
      mustSeeRequest(actor, content.accountId);
      return { prompt: content.prompt, answer: content.answer, expiresAt: content.expiresAt.toISOString() };
    },
  );
}

interface FilterQuery {
  accountId?: string | undefined;
  keyId?: string | undefined;
  code?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

function readFilter(actor: Actor, { accountId, keyId, code, from, to }: FilterQuery): Omit<AnyRequestFilter, "status"> {
  return {
    accountId,
    among: accountsInView(actor, accountId) ?? undefined,
    keyId,
    errorCode: code,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

/** @throws {AdminError} */
function readPosition(before: string | undefined): RequestPosition | undefined {
  if (before === undefined) return undefined;
  const [, ms, requestId] = /^(\d{1,15})_(\w{1,100})$/.exec(before) ?? [];
  if (ms === undefined || requestId === undefined) {
    throw new AdminError("invalid_request", "before: is not from an earlier page.");
  }
  return { at: new Date(Number(ms)), requestId };
}

/** It is found by its id alone. @throws {AdminError} the same as for one that is not there */
function mustSeeRequest(actor: Actor, accountId: string): void {
  if (!sees(actor, accountId)) throw notFound("request");
}
