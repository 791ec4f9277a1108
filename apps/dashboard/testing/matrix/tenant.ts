/** One customer for the matrix of rights: an account and what belongs to it, each made when it is first asked for. */
import { Readable } from "node:stream";
import { createAccountStore, createKeyStore } from "@tera/access";
import { invoiceRunSchema } from "@tera/admin-api/invoices";
import { createBatchStore, createFileStore, createPostgresContent } from "@tera/batch";
import { batch } from "@tera/database";
import { createContentStore, createContentWriter, createUsageWriter, lastMonth } from "@tera/metering";
import type { UsageRecord } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { testSecret } from "../dashboard.ts";
import type { Setting } from "./setting.ts";

/** What belongs to an account, by the names that paths use. */
export interface TenantObjects {
  accountId(): Promise<string>;
  keyId(): Promise<string>;
  requestId(): Promise<string>;
  /** Of an invoice: the account must be postpaid. */
  number(): Promise<string>;
  month(): Promise<string>;
  /** Of a batch that has all its files and has not ended. */
  batchId(): Promise<string>;
  /** Of an uploaded file. */
  fileId(): Promise<string>;
}

export interface Tenant {
  /** Of its account. */
  id: string;
  objects: TenantObjects;
  /** Whether something of it was asked for. */
  wasUsed(): boolean;
}

/** @param name is in the names of all that is made. */
export async function createTenant(
  setting: Setting,
  name: string,
  kind: "prepaid" | "postpaid" = "prepaid",
): Promise<Tenant> {
  const { db } = setting.dashboard;
  const { id: accountId } = await createAccountStore({ db }).createAccount({ name, kind });
  let used = false;
  const lazily = (make: () => Promise<string>) => {
    let made: Promise<string> | undefined;
    return () => {
      used = true;
      made ??= make();
      return made;
    };
  };
  const keyId = lazily(async () => {
    const { key } = await createKeyStore({ db, secret: testSecret }).createKey({ accountId, name: `${name} key` });
    return key.id;
  });
  return {
    id: accountId,
    objects: {
      accountId: lazily(async () => accountId),
      keyId,
      requestId: lazily(async () => {
        const record = newUsageRecord({ accountId, keyId: await keyId(), model: `${name}/model` });
        await createUsageWriter({ db, author: "test" }).settle([record]);
        await keepContent(setting, record, name);
        return record.requestId;
      }),
      number: lazily(() => issueInvoice(setting, accountId)),
      month: async () => lastMonth(new Date()),
      fileId: lazily(async () => writeFile(setting, { accountId, name, purpose: "batch" })),
      batchId: lazily(async () => makeBatch(setting, { accountId, keyId: await keyId(), name })),
    },
    wasUsed: () => used,
  };
}

async function keepContent({ dashboard }: Setting, { requestId, accountId, keyId }: UsageRecord, text: string) {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const writer = createContentWriter({ store: createContentStore(dashboard), log });
  const prompt = { parts: [{ role: "user", text }], missingParts: 0 };
  const answer = { parts: [{ index: 0, text }], missingParts: 0 };
  writer.add({ requestId, accountId, keyId, prompt, answer, expiresAt: new Date(Date.now() + 3_600_000) });
  await writer.close(10_000);
}

/** Of what was used in the month before. */
async function issueInvoice({ dashboard, clock, owner, priceId }: Setting, accountId: string): Promise<string> {
  const { db } = dashboard;
  const month = lastMonth(new Date());
  const usedAt = new Date(`${month}-10T12:00:00Z`);
  await clock.set(usedAt);
  const usage = { promptTokens: 0, completionTokens: 1_000_000 };
  const billing = { priceId, holds: [{ purseId: accountId }] };
  const record = newUsageRecord({ accountId, usage, billing, model: "m", admittedAtMs: usedAt.getTime() });
  await createUsageWriter({ db, author: "gateway:g1" }).settle([record]);
  await clock.set(new Date());
  const run = await owner("POST", "/invoice-runs", { month, dryRun: false });
  const { result } = invoiceRunSchema.parse(run.body);
  const issued = result?.invoices.find((invoice) => invoice.accountId === accountId)?.number;
  if (issued == null) throw new Error(`no invoice was issued: ${JSON.stringify(run.body)}`);
  return issued;
}

async function writeFile(
  { dashboard: { db } }: Setting,
  { accountId, name, purpose }: { accountId: string; name: string; purpose: "batch" | "batch_output" },
): Promise<string> {
  const files = createFileStore({ db, storage: "postgres", contents: { postgres: createPostgresContent({ db }) } });
  const values = { accountId, purpose, filename: `${name}.jsonl`, expiresAt: null };
  return (await files.write(values, Readable.from([Buffer.from("{}")]))).id;
}

async function makeBatch(
  setting: Setting,
  { accountId, keyId, name }: { accountId: string; keyId: string; name: string },
): Promise<string> {
  const { db } = setting.dashboard;
  const write = (purpose: "batch" | "batch_output") => writeFile(setting, { accountId, name, purpose });
  const { id } = await createBatchStore({ db }).create({
    accountId,
    keyId,
    endpoint: "/v1/chat/completions",
    inputFileId: await write("batch"),
    completionWindow: "24h",
    windowMs: 86_400_000,
    metadata: null,
  });
  const written = { outputFileId: await write("batch_output"), errorFileId: await write("batch_output") };
  await db.update(batch).set(written).where(eq(batch.id, id));
  return id;
}

/** Ids of the right form that nothing has. */
export const absentObjects: TenantObjects = {
  accountId: async () => "acct_absent",
  keyId: async () => "key_absent",
  requestId: async () => "req_absent",
  number: async () => "INV-2020-999999",
  month: async () => lastMonth(new Date()),
  batchId: async () => "batch_absent",
  fileId: async () => "file-absent",
};
