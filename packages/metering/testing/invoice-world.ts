/** A Postgres of its own whose clock the test sets, with a seller, a price, and one postpaid account after the other, for tests of invoices. */
import { account, connectDatabase, type Db, type Invoice, ledgerEntry, ledgerTransaction } from "@tera/database";
import { createTestDatabase, installTestClock, type TestClock } from "@tera/database/testing";
import type { UsageRecord } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { eq, type SQL, sql } from "drizzle-orm";
import { type InvoiceRunReport, runInvoices } from "../src/invoices/invoice-run.ts";
import { createInvoiceStore, type InvoiceStore } from "../src/invoices/invoice-store.ts";
import { type IssueResult, issueInvoice } from "../src/invoices/issue-invoice.ts";
import { createPartyStore } from "../src/invoices/parties.ts";
import { createLedgerStore, type LedgerStore } from "../src/ledger-store.ts";
import { createPriceStore } from "../src/price-book.ts";
import { createUsageWriter, type UsageWriter } from "../src/settle-usage.ts";

const november = new Date("2026-11-10T12:00:00Z");
/** When November's invoice is due. */
export const december = new Date("2026-12-05T00:00:00Z");
/** What one request costs, 10 x 100 + 10 x 10 + 1,000,000 x 1000: a dollar and 1,100 nano. */
export const charge = 1_000_001_100n;

export interface InvoiceWorld {
  db: Db;
  databaseUrl: string;
  clock: TestClock;
  writer: UsageWriter;
  store: InvoiceStore;
  ledger: LedgerStore;
  /** The account that all below is about: the one that was added last. */
  readonly accountId: string;
  /** Postpaid. @returns its id. */
  addAccount(): Promise<string>;
  /** A new account, on November 10. */
  begin(): Promise<void>;
  /** One request of November. */
  record(keyId?: string): UsageRecord;
  /** Settles so many requests. */
  use(count: number): Promise<void>;
  issue(month?: string): Promise<IssueResult>;
  run(month?: string): Promise<InvoiceRunReport>;
  /** The invoice of one request. */
  issueOne(): Promise<Invoice>;
  balance(): Promise<bigint | undefined>;
  /** The sum of each book. */
  books(): Promise<Record<string, bigint>>;
  /** What the connections of the application may not. */
  asOwner(statement: SQL): Promise<void>;
  close(): Promise<void>;
}

export async function startInvoiceWorld(): Promise<InvoiceWorld> {
  const testDatabase = await createTestDatabase();
  const clock = await installTestClock(testDatabase.url);
  const database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  // Usage is kept from here on, whatever month it is when the tests run.
  await db.execute(sql`select ensure_usage_month(${november.toISOString()}::timestamptz)`);
  const writer = createUsageWriter({ db, author: "gateway:g1" });
  const ledger = createLedgerStore({ db });
  const { id: priceId } = await createPriceStore({ db }).addPrice({
    model: "m",
    inputNano: 100n,
    cacheReadNano: 10n,
    outputNano: 1_000n,
    validFrom: new Date("2026-01-01T00:00:00Z"),
    author: "test",
  });
  await createPartyStore({ db }).setSeller({ name: "Seller GmbH", taxRateBasisPoints: 1_900 });
  let accountId = "";
  let accounts = 0;

  async function addAccount(): Promise<string> {
    accountId = `acct_${++accounts}`;
    await db.insert(account).values({ id: accountId, name: "Buyer", kind: "postpaid" });
    return accountId;
  }

  const record = (keyId = "key_1") =>
    newUsageRecord({
      accountId,
      keyId,
      usage: { promptTokens: 20, cachedTokens: 10, completionTokens: 1_000_000 },
      admittedAtMs: november.getTime(),
      billing: { priceId, holds: [{ purseId: accountId }] },
    });

  async function use(count: number): Promise<void> {
    await writer.settle(Array.from({ length: count }, () => record()));
  }

  const issue = (month = "2026-11") => issueInvoice(db, { accountId, month, author: "test" });

  return {
    db,
    databaseUrl: testDatabase.url,
    clock,
    writer,
    store: createInvoiceStore({ db }),
    ledger,
    get accountId() {
      return accountId;
    },
    addAccount,
    async begin() {
      await addAccount();
      await clock.set(november);
    },
    record,
    use,
    issue,
    run: (month = "2026-11") => runInvoices(db, { month, accountId, author: "test" }),
    async issueOne() {
      await use(1);
      await clock.set(december);
      const result = await issue();
      if (result.outcome !== "issued") throw new Error(`the invoice is ${result.outcome}`);
      return result.invoice;
    },
    balance: async () => (await ledger.balance(accountId))?.balanceNano,
    async books() {
      const rows = await db
        .select({ book: ledgerEntry.book, sum: sql<string>`sum(${ledgerEntry.amountNano})` })
        .from(ledgerEntry)
        .innerJoin(ledgerTransaction, eq(ledgerTransaction.id, ledgerEntry.transactionId))
        .where(eq(ledgerTransaction.accountId, accountId))
        .groupBy(ledgerEntry.book);
      return Object.fromEntries(rows.map(({ book, sum }) => [book, BigInt(sum)]));
    },
    async asOwner(statement) {
      await db.transaction(async (tx) => {
        await tx.execute(sql`set local role none`);
        await tx.execute(statement);
      });
    },
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}
