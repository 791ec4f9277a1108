/** `/admin/api/requests`: single requests, and what is known of each. */

import {
  refusalSumQuery,
  refusalSumsSchema,
  requestContentSchema,
  requestDetailsSchema,
  requestListQuery,
  requestPageSchema,
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
import { z } from "zod";
import { type Actor, accountsInView, sees } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError, notFound } from "../errors.ts";
import { readNames, renderDetails, renderRefusedDetails, renderRequests } from "../requests/render-request.ts";

const idParams = z.object({ requestId: z.string().max(100) });

export function registerRequestRoutes(app: AdminApp, { db }: { db: Db }): void {
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
      const { id, before, pageSize, status, model } = query;
      if (id !== undefined && id !== "") {
        const found = await findListedRequest(db, id);
        const owner = found?.kind === "used" ? found.usage.accountId : found?.refused.accountId;
        const isSeen = found !== undefined && owner !== undefined && sees(actor, owner);
        return { items: isSeen ? await renderRequests(db, [found]) : [], next: null };
      }
      const filter = { ...readFilter(actor, query), status, model };
      const found = await listRequests(db, filter, pageSize + 1, readPosition(before));
      const items = found.slice(0, pageSize);
      const last = items.at(-1);
      return {
        items: await renderRequests(db, items),
        next: found.length > pageSize && last !== undefined ? `${last.at.getTime()}_${last.requestId}` : null,
      };
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
