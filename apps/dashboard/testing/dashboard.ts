/** A dashboard for tests: the real app on a real database, asked without a socket, and people of every role who are signed in. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createAccountStore, createAddressList, createAdminTokenStore, createInvitationStore } from "@tera/access";
import type { Role } from "@tera/admin-api/roles";
import { createFileStore, createPostgresContent } from "@tera/batch";
import { connectDatabase, type Db } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import type { PaymentProvider } from "@tera/metering";
import type { RunnerActionAnswer, RunnerLogs, WorkerState } from "@tera/protocol";
import type { Invalidation, ToldFigures } from "@tera/queue";
import { createLogger } from "@tera/telemetry";
import type { FastifyInstance, InjectOptions } from "fastify";
import { createApp } from "../server/app.ts";
import { createLiveHub } from "../server/live/live-hub.ts";
import { readToday } from "../server/live/read-today.ts";
import type { WorkerLine } from "../server/routes/runners.ts";
import { createAuth } from "../server/sign-in/auth.ts";
import { createTestQueues } from "./test-queues.ts";

export const testOrigin = "http://localhost:8788";
/** What keys are hashed under. */
export const testSecret = "s".repeat(32);

/** So large may an uploaded file be. */
export const testFileMaxBytes = 1_048_576 + 65_536;

export interface Answer {
  status: number;
  /** Parsed; undefined where there is none, and of what has no end. */
  body: unknown;
  headers: Record<string, unknown>;
}

/** Asks as somebody. @param path below `/admin/api` */
export type Ask = (
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  body?: object,
  moreHeaders?: Record<string, string>,
) => Promise<Answer>;

export interface TestDashboard {
  app: FastifyInstance;
  db: Db;
  databaseUrl: string;
  /** What the gateways would have been told. */
  told: Invalidation[];
  /** The workers that are connected: a test puts its own in. */
  workers: WorkerState[];
  /** What gateways have told and nobody has read yet. */
  figures: ToldFigures[];
  /** Nobody. */
  anybody: Ask;
  /** Somebody who came in by an invitation. @param accountId of a customer */
  signIn(role: Role, accountId?: string): Promise<Ask>;
  /** A script. */
  withToken(role: Role, accountId?: string): Promise<Ask>;
  /** The token itself. */
  tokenOf(role: Role, accountId?: string): Promise<string>;
  createAccount(name: string, kind?: "prepaid" | "postpaid"): Promise<string>;
  close(): Promise<void>;
}

export interface TestDashboardOptions {
  /** Of the playground; by default there is none. */
  gatewayUrl?: string;
  /** By default payments are not set up. */
  payments?: PaymentProvider;
  /** What workers answer; by default they do not. */
  act?: (question: Parameters<WorkerLine["act"]>[0]) => RunnerActionAnswer | undefined;
  readLogs?: (question: Parameters<WorkerLine["readLogs"]>[0]) => RunnerLogs | undefined;
}

export async function startTestDashboard({
  gatewayUrl,
  payments,
  act = () => undefined,
  readLogs = () => undefined,
}: TestDashboardOptions = {}): Promise<TestDashboard> {
  const testDatabase = await createTestDatabase();
  const database = connectDatabase({ url: testDatabase.url, name: "test-dashboard" });
  const { db } = database;
  const webDirectory = await mkdtemp(join(tmpdir(), "tera-web-"));
  await mkdir(join(webDirectory, "assets"));
  await writeFile(join(webDirectory, "index.html"), '<meta name="style-nonce" content="__STYLE_NONCE__">');
  const told: Invalidation[] = [];
  const workers: WorkerState[] = [];
  const figures: ToldFigures[] = [];
  const log = createLogger({ name: "test-dashboard", level: "silent" });
  const app = await createApp({
    db,
    databaseUrl: testDatabase.url,
    longDb: db,
    files: createFileStore({ db, storage: "postgres", contents: { postgres: createPostgresContent({ db }) } }),
    uploadRules: {
      fileMaxBytes: testFileMaxBytes,
      accountMaxBytes: 100 * testFileMaxBytes,
      limits: { lineMaxBytes: 8_192, linesMax: 1_000 },
      retentionMs: 86_400_000,
    },
    queues: createTestQueues(),
    payments,
    auth: createAuth({ db, secret: testSecret, origin: testOrigin, oidc: undefined }),
    origin: testOrigin,
    oidcName: undefined,
    secret: testSecret,
    gatewayUrl: gatewayUrl ?? "http://127.0.0.1:1",
    apiUrl: "https://api.example.com/v1",
    readWorkers: async () => workers,
    workerLine: { act: async (question) => act(question), readLogs: async (question) => readLogs(question) },
    liveHub: createLiveHub({
      figuresReader: { readNew: async () => ({ nowMs: Date.now(), told: figures.splice(0) }) },
      readWorkers: async () => workers,
      readToday: () => readToday(db),
      log,
    }),
    async tellGateways(message) {
      told.push(message);
    },
    trustedProxies: createAddressList([]),
    tls: undefined,
    webDirectory,
    log,
  });
  let people = 0;

  function askWith(headers: Record<string, string>): Ask {
    return async (method, path, body, moreHeaders = {}) => {
      const question: InjectOptions = { method, url: `/admin/api${path}`, headers: { ...headers, ...moreHeaders } };
      if (body !== undefined) question.payload = body;
      const response = await app.inject({ ...question, payloadAsStream: true });
      const type = String(response.headers["content-type"]);
      const stream = response.stream();
      if (type.includes("event-stream")) stream.destroy();
      const content = stream.destroyed ? "" : await text(stream);
      return {
        status: response.statusCode,
        body: /^application\/json(;|$)/.test(type) ? JSON.parse(content) : content === "" ? undefined : content,
        headers: response.headers,
      };
    };
  }
  async function tokenOf(role: Role, accountId?: string): Promise<string> {
    const { token } = await createAdminTokenStore({ db }).createToken({
      name: "test",
      role,
      accountId: accountId ?? null,
      createdBy: "test",
      expiresAt: null,
    });
    return token;
  }
  const anybody = askWith({ origin: testOrigin });

  return {
    app,
    db,
    databaseUrl: testDatabase.url,
    told,
    workers,
    figures,
    anybody,
    async signIn(role, accountId) {
      const { token } = await createInvitationStore({ db }).createInvitation({
        role,
        accountId: accountId ?? null,
        email: null,
        createdBy: "test",
      });
      const email = `person-${++people}@example.com`;
      const accepted = await anybody("POST", "/invitations/accept", {
        token,
        name: `Person ${people}`,
        email,
        password: "correct horse battery staple",
      });
      if (accepted.status !== 204) throw new Error(`the invitation was not accepted: ${JSON.stringify(accepted.body)}`);
      const cookies = [accepted.headers["set-cookie"]].flat().map((cookie) => String(cookie).split(";")[0]);
      return askWith({ origin: testOrigin, cookie: cookies.join("; ") });
    },
    async withToken(role, accountId) {
      return askWith({ authorization: `Bearer ${await tokenOf(role, accountId)}` });
    },
    tokenOf,
    async createAccount(name, kind = "prepaid") {
      const { id } = await createAccountStore({ db }).createAccount({ name, kind });
      return id;
    },
    async close() {
      await app.close();
      await database.close();
      await testDatabase.drop();
      await rm(webDirectory, { recursive: true });
    },
  };
}
