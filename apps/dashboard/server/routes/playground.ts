/** `/admin/api/playground/:accountId`: passes questions on to the gateway under a key of the account, and its answers back as they come. */
import { Readable } from "node:stream";
import type { Db } from "@tera/database";
import { createUsageReports, formatUsd } from "@tera/metering";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { playgroundCostSchema, playgroundSchema } from "../../api/playground.ts";
import { mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError, notFound } from "../errors.ts";
import type { PlaygroundKeys } from "../playground/playground-keys.ts";

export interface PlaygroundDependencies {
  db: Db;
  playgroundKeys: PlaygroundKeys;
  /** `http://127.0.0.1:8787` */
  gatewayUrl: string;
  /** What customers are told to call: `https://api.example.com/v1`. */
  apiUrl: string;
}

const accountParams = z.object({ accountId: z.string() });
const config = { permission: "playground:use" } as const;
const bodyMaxBytes = 32 * 1_024 * 1_024;

/** What of the gateway's answer is passed on. */
const passedHeaders = ["content-type", "x-request-id", "retry-after"];

export function registerPlaygroundRoutes(app: AdminApp, dependencies: PlaygroundDependencies): void {
  const { db, playgroundKeys, gatewayUrl, apiUrl } = dependencies;

  app.get(
    "/playground/:accountId",
    { config, schema: { summary: "Where the API is", params: accountParams, response: { 200: playgroundSchema } } },
    async ({ params, actor }) => {
      mustSee(actor, params.accountId);
      return { apiUrl };
    },
  );

  app.get(
    "/playground/:accountId/models",
    { config, schema: { summary: "The models of an account, as the public API lists them", params: accountParams } },
    (request, reply) => passOn(request, reply, request.params.accountId, "/v1/models"),
  );

  for (const path of ["/chat/completions", "/audio/speech"]) {
    app.post(
      `/playground/:accountId${path}`,
      {
        config,
        bodyLimit: bodyMaxBytes,
        schema: { summary: `The public API's ${path}`, params: accountParams, body: z.record(z.string(), z.unknown()) },
      },
      (request, reply) => passOn(request, reply, request.params.accountId, `/v1${path}`, request.body),
    );
  }

  app.get(
    "/playground/:accountId/requests/:requestId",
    {
      config,
      schema: {
        summary: "What an answer cost and took",
        params: accountParams.extend({ requestId: z.string() }),
        response: { 200: playgroundCostSchema },
      },
    },
    async ({ params: { accountId, requestId }, actor }) => {
      mustSee(actor, accountId);
      const usage = await createUsageReports({ db }).findRequest(requestId);
      if (usage === undefined || usage.accountId !== accountId) throw notFound("request");
      return { ...usage, charge: formatUsd(usage.chargeNano) };
    },
  );

  async function passOn(request: FastifyRequest, reply: FastifyReply, accountId: string, path: string, body?: object) {
    mustSee(request.actor, accountId);
    const apiKey = await playgroundKeys.open(request.actor, accountId);
    const leaving = new AbortController();
    reply.raw.once("close", () => leaving.abort());
    const answer = await fetch(`${gatewayUrl}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: leaving.signal,
    }).catch((cause: unknown) => {
      throw new AdminError("unavailable", "The gateway does not answer. Is it running?", { cause });
    });
    reply.code(answer.status);
    for (const name of passedHeaders) {
      const value = answer.headers.get(name);
      if (value !== null) reply.header(name, value);
    }
    return reply.send(answer.body === null ? null : Readable.fromWeb(answer.body));
  }
}
