/** The dashboard's HTTP, in request order: headers, who asks, Admin API, sign-in, the web application. */
import { type AddressList, createAdminTokenStore, createMemberStore } from "@tera/access";
import { createUploadPatience, type FileStore, type UploadRules } from "@tera/batch";
import type { Db } from "@tera/database";
import type { PaymentProvider } from "@tera/metering";
import { newRequestId, type WorkerState } from "@tera/protocol";
import type { Invalidation } from "@tera/queue";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { createFindActor } from "./access/actor.ts";
import { createChange } from "./changes.ts";
import { createDocuments } from "./documents/documents.ts";
import { AdminError, registerErrorHandler } from "./errors.ts";
import type { LiveHub } from "./live/live-hub.ts";
import { createPlaygroundKeys } from "./playground/playground-keys.ts";
import { registerAuthorization } from "./plugins/authorize.ts";
import { answerBrokenRequest, requestTimeoutCode } from "./plugins/broken-requests.ts";
import { registerReference } from "./plugins/reference.ts";
import { registerSecurityHeaders } from "./plugins/security-headers.ts";
import { registerWeb } from "./plugins/web.ts";
import { registerAccountRoutes } from "./routes/accounts.ts";
import { registerAuditRoutes } from "./routes/audit.ts";
import { registerBatchRoutes } from "./routes/batches.ts";
import { registerBillingRoutes } from "./routes/billing.ts";
import { registerCspReports } from "./routes/csp-reports.ts";
import { registerDailyUsageRoutes } from "./routes/daily-usage.ts";
import { registerFileRoutes } from "./routes/files.ts";
import { registerInstallationRoutes } from "./routes/installation.ts";
import { registerInvoiceRunRoutes } from "./routes/invoice-runs.ts";
import { registerInvoiceRoutes } from "./routes/invoices.ts";
import { registerKeyActions } from "./routes/key-actions.ts";
import { registerKeyRoutes } from "./routes/keys.ts";
import { registerLedgerCheckRoutes } from "./routes/ledger-checks.ts";
import { registerLiveRoutes } from "./routes/live.ts";
import { registerMemberRoutes } from "./routes/members.ts";
import { registerModelIdRoutes } from "./routes/model-ids.ts";
import { registerModelRoutes } from "./routes/models.ts";
import { registerOverviewRoutes } from "./routes/overview.ts";
import { registerPartyRoutes } from "./routes/parties.ts";
import { registerPaymentRoutes } from "./routes/payments.ts";
import { registerPlaygroundRoutes } from "./routes/playground.ts";
import { registerPriceRoutes } from "./routes/prices.ts";
import { type LaneQueues, registerQueueRoutes } from "./routes/queue.ts";
import { registerRequestRoutes } from "./routes/requests.ts";
import { registerReratingRoutes } from "./routes/reratings.ts";
import { registerRunnerRoutes, type WorkerLine } from "./routes/runners.ts";
import { registerSessionRoutes } from "./routes/session.ts";
import { registerSettingsRoutes } from "./routes/settings.ts";
import { registerStatementRoutes } from "./routes/statements.ts";
import { registerTokenRoutes } from "./routes/tokens.ts";
import { registerUsageRoutes } from "./routes/usage.ts";
import type { Auth } from "./sign-in/auth.ts";
import { registerAuthRoutes } from "./sign-in/auth-routes.ts";

/** Milliseconds. */
const requestTimeoutMs = 60_000;
const headersTimeoutMs = 15_000;
const bodyMaxBytes = 1_024 * 1_024;

export interface AppDependencies {
  db: Db;
  databaseUrl: string;
  /** For what takes minutes: its statements may. */
  longDb: Db;
  /** Of batches. */
  files: Pick<FileStore, "find" | "read" | "upload" | "countBytes">;
  uploadRules: UploadRules;
  queues: LaneQueues;
  /** Undefined: payments are not set up. */
  payments: PaymentProvider | undefined;
  auth: Auth;
  /** What browsers call us: `https://tera.example.com`. */
  origin: string;
  oidcName: string | undefined;
  /** Keys are hashed under it, as the gateways do. */
  secret: string;
  /** The gateway that the playground speaks to, and what customers are told to call. */
  gatewayUrl: string;
  apiUrl: string;
  /** The workers that are connected now. */
  readWorkers(): Promise<WorkerState[]>;
  workerLine: WorkerLine;
  liveHub: LiveHub;
  /** Caches of the gateways; a lost message is made good by their expiry. */
  tellGateways(message: Invalidation): Promise<void>;
  trustedProxies: AddressList;
  tls: { cert: Buffer; key: Buffer } | undefined;
  /** Where the built web application is. */
  webDirectory: string;
  log: FastifyBaseLogger;
}

export async function createApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const {
    db,
    databaseUrl,
    longDb,
    files,
    uploadRules,
    queues,
    payments,
    auth,
    origin,
    oidcName,
    secret,
    gatewayUrl,
    apiUrl,
  } = dependencies;
  const { readWorkers, workerLine, tellGateways, liveHub, trustedProxies, tls, webDirectory, log } = dependencies;
  const patience = createUploadPatience();
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    requestIdHeader: false,
    trustProxy: (address) => trustedProxies.has(address),
    bodyLimit: bodyMaxBytes,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    clientErrorHandler(cause, socket) {
      // Node tells this once for each request: from here on the upload's own bound is the only one.
      if (cause.code === requestTimeoutCode && patience.isPatientWith(socket)) return;
      answerBrokenRequest(cause, socket);
    },
    // Live streams have no end of their own.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
    ...(tls === undefined ? {} : { https: tls }),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const memberStore = createMemberStore({ db });
  const adminTokenStore = createAdminTokenStore({ db });
  const change = createChange(db);
  const documents = createDocuments({ databaseUrl });
  app.addHook("onClose", () => documents.close());
  const playgroundKeys = createPlaygroundKeys({ db, change, secret, tellGateways });
  app.addHook("onClose", () => playgroundKeys.close());
  registerErrorHandler(app);
  registerSecurityHeaders(app, { overTls: origin.startsWith("https:") });
  // Files and the page are for everybody; what comes after this is not.
  await registerWeb(app, { webDirectory });
  await registerReference(app);
  const findActor = createFindActor({ auth, memberStore, adminTokenStore });
  registerAuthorization(app, { findActor, origin });

  await app.register(
    async (api) => {
      api.addHook("onSend", async (_request, reply) => {
        reply.header("cache-control", "no-store");
      });
      api.setNotFoundHandler(() => {
        throw new AdminError(
          "not_found",
          "The Admin API has no such path. /admin/api/openapi.json lists what there is.",
        );
      });
      const typed = api.withTypeProvider<ZodTypeProvider>();
      registerSessionRoutes(typed, { db, auth, memberStore, oidcName });
      registerInstallationRoutes(typed, { apiUrl, uploadRules });
      registerAccountRoutes(typed, { db, change, tellGateways });
      registerMemberRoutes(typed, { db, change, origin });
      registerTokenRoutes(typed, { db, change });
      registerAuditRoutes(typed, { db });
      registerKeyRoutes(typed, { db, secret, change, tellGateways });
      registerKeyActions(typed, { db, secret, change, tellGateways });
      registerDailyUsageRoutes(typed, { db });
      registerModelIdRoutes(typed, { db, readWorkers });
      registerModelRoutes(typed, { db, change, readWorkers, tellGateways });
      registerRunnerRoutes(typed, { change, readWorkers, workerLine });
      registerPlaygroundRoutes(typed, { db, playgroundKeys, gatewayUrl, apiUrl });
      registerOverviewRoutes(typed, { db, readWorkers });
      registerLiveRoutes(typed, { hub: liveHub, findActor });
      registerSettingsRoutes(typed, { db, databaseUrl, origin, apiUrl, oidcName });
      registerBillingRoutes(typed, { db, change, hasPayments: payments !== undefined });
      registerPaymentRoutes(typed, { db, change, payments, origin, log });
      registerPartyRoutes(typed, { db, change });
      registerInvoiceRoutes(typed, { db, change, documents });
      registerStatementRoutes(typed, { longDb, documents });
      registerInvoiceRunRoutes(typed, { longDb, log });
      registerPriceRoutes(typed, { db, change, tellGateways });
      registerReratingRoutes(typed, { longDb, log });
      registerLedgerCheckRoutes(typed, { longDb, log });
      registerUsageRoutes(typed, { db });
      registerRequestRoutes(typed, { db, longDb, log });
      registerBatchRoutes(typed, { db, change, files, queues });
      registerFileRoutes(typed, { db, change, files, uploadRules, patience });
      registerQueueRoutes(typed, { db, change, queues, readWorkers });
      registerCspReports(typed);
      typed.get("/openapi.json", { config: { public: true }, schema: { hide: true } }, async () => api.swagger());
    },
    { prefix: "/admin/api" },
  );
  registerAuthRoutes(app, { auth, origin, db, findActor });
  return app;
}
