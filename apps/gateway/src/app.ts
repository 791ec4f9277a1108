/** The public API, in request order: id, key, route, dialect, admission, exchange. */
import type { Socket } from "node:net";
import type { AddressList, Authenticator } from "@tera/access";
import { createUploadPatience } from "@tera/batch";
import type { RefusalLog } from "@tera/metering";
import { newRequestId, TeraError } from "@tera/protocol";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { PriceList } from "./billing/price-list.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { renderError } from "./http-error.ts";
import type { Admitter } from "./inference/admit.ts";
import type { Exchanges } from "./inference/exchange.ts";
import type { ContentLog } from "./inference/keep-content.ts";
import type { Limiter } from "./limits/limiter.ts";
import { registerAuthentication } from "./plugins/authenticate.ts";
import { createBadKeyThrottle } from "./plugins/bad-key-throttle.ts";
import { registerErrorHandler } from "./plugins/error-handler.ts";
import { dropBodies, parseJsonBodies } from "./plugins/json-body.ts";
import { registerLimitHeaders } from "./plugins/limit-headers.ts";
import { createNoteRefusal } from "./plugins/note-refusal.ts";
import { registerRequestId, requestIdHeaders } from "./plugins/request-id.ts";
import { type BatchRoutesOptions, registerBatchRoutes } from "./routes/batches.ts";
import { type FileRoutesOptions, registerFileRoutes } from "./routes/files.ts";
import { registerGenerationRoutes } from "./routes/generation.ts";
import { type HealthChecks, registerHealthRoutes } from "./routes/health.ts";
import { registerModelRoutes } from "./routes/models.ts";
import { registerStripeWebhook, type StripeWebhookDependencies } from "./routes/stripe-webhook.ts";

/** A client must send its request, headers and body, within these; files may take longer. Milliseconds. */
const requestTimeoutMs = 120_000;
const headersTimeoutMs = 15_000;
const keepAliveTimeoutMs = 75_000;
const requestTimeoutCode = "ERR_HTTP_REQUEST_TIMEOUT";

export interface AppDependencies {
  authenticator: Authenticator;
  admitter: Admitter;
  limiter: Pick<Limiter, "look">;
  exchanges: Exchanges;
  contentLog: ContentLog;
  refusalLog: Pick<RefusalLog, "record">;
  /** Told of each request that no limit refused before it was admitted. */
  countRefusal(error: Pick<TeraError, "code" | "fault">): void;
  catalog: Catalog;
  priceList: Pick<PriceList, "at">;
  /** Models without a price are served for nothing. */
  unpricedIsFree: boolean;
  /** Health on this listener too; undefined: not here. */
  publicHealth: HealthChecks | undefined;
  batchApi: FileRoutesOptions & BatchRoutesOptions;
  /** Undefined: Stripe is not set up. */
  stripeWebhook: StripeWebhookDependencies | undefined;
  bodyMaxBytes: number;
  /** Proxies whose word for the client's address is taken. */
  trustedProxies: AddressList;
  log: FastifyBaseLogger;
}

export function createApp(dependencies: AppDependencies): FastifyInstance {
  const {
    authenticator,
    admitter,
    limiter,
    exchanges,
    contentLog,
    refusalLog,
    countRefusal,
    catalog,
    priceList,
    unpricedIsFree,
    publicHealth,
    batchApi,
    stripeWebhook,
    bodyMaxBytes,
    trustedProxies,
    log,
  } = dependencies;
  const patience = createUploadPatience();
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // No logger per request: pino redacts the bindings of each child, which was a fifth of what a request allocated. Log lines name their request themselves.
    childLoggerFactory: (logger) => logger,
    genReqId: newRequestId,
    requestIdHeader: false,
    trustProxy: (address) => trustedProxies.has(address),
    bodyLimit: bodyMaxBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    // Open streams are ended by the exchange, not by the server.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    clientErrorHandler(cause, socket) {
      // Node tells this once for each request: from here on the upload's own bound is the only one.
      if (cause.code === requestTimeoutCode && patience.isPatientWith(socket)) return;
      answerBrokenRequest(cause, socket);
    },
    // A path that cannot be decoded never reaches a route, nor the error handler.
    frameworkErrors(_cause, request, reply) {
      const { status, headers, body } = renderError(new TeraError("invalid_request", "The path is not a valid URL."));
      reply.raw.writeHead(status, { ...headers, ...requestIdHeaders(request.id) }).end(body);
    },
  });
  registerRequestId(app);
  dropBodies(app);
  registerErrorHandler(app, createNoteRefusal({ authenticator, refusalLog, count: countRefusal }));
  if (publicHealth !== undefined) registerHealthRoutes(app, publicHealth);
  if (stripeWebhook !== undefined) registerStripeWebhook(app, stripeWebhook);
  const throttle = createBadKeyThrottle();
  app.register(async (keyed) => {
    registerAuthentication(keyed, { authenticator, throttle });
    registerLimitHeaders(keyed, limiter);
    parseJsonBodies(keyed);
    registerGenerationRoutes(keyed, { admitter, exchanges, catalog, contentLog });
    registerModelRoutes(keyed, { catalog, priceList, unpricedIsFree });
    registerFileRoutes(keyed, { ...batchApi, patience });
    registerBatchRoutes(keyed, batchApi);
  });
  return app;
}

/** What Node could not read as HTTP never becomes a request; it still gets an answer in our words. */
function answerBrokenRequest(cause: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const error =
    cause.code === "HPE_HEADER_OVERFLOW"
      ? new TeraError("headers_too_large", "The request headers are too large.")
      : new TeraError(
          "invalid_request",
          cause.code === requestTimeoutCode
            ? `The request was not all here within ${requestTimeoutMs / 1_000} s.`
            : "The request is not valid HTTP.",
        );
  const { status, headers, body } = renderError(error);
  const lines = Object.entries({ ...headers, ...requestIdHeaders(newRequestId()), connection: "close" });
  socket.end(
    `HTTP/1.1 ${status} ${status === 431 ? "Request Header Fields Too Large" : "Bad Request"}\r\n` +
      `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
