/** A Postgres of its own, a stand-in for Stripe's API, and its events, for tests of payments. */
import { type AccountKind, account, autoTopUpCharge, connectDatabase, type Db } from "@tera/database";
import { createTestDatabase, type FakeStripe, type SignOptions, signStripeEvent, startFakeStripe } from "@tera/testkit";
import { eq } from "drizzle-orm";
import { readDebt } from "../src/debt.ts";
import { createLedgerStore, type LedgerStore } from "../src/ledger-store.ts";
import { openStripe } from "../src/payments/open-stripe.ts";
import type { PaymentEvent, PaymentProvider } from "../src/payments/payment-provider.ts";
import { type ReceiveResult, receivePayment } from "../src/payments/receive-payment.ts";

export const webhookSecret = "whsec_of_a_test";
export const usd = 1_000_000_000n;

export interface PaymentWorld {
  db: Db;
  /** Of its database. */
  url: string;
  stripe: FakeStripe;
  provider: PaymentProvider;
  ledger: LedgerStore;
  /** @returns its id. */
  addAccount(kind?: AccountKind): Promise<string>;
  balance(accountId: string): Promise<bigint | undefined>;
  debt(accountId: string): Promise<bigint>;
  charges(accountId: string): Promise<(typeof autoTopUpCharge.$inferSelect)[]>;
  read(type: string, object: Record<string, unknown>, options?: SignOptions): Promise<PaymentEvent[]>;
  /** What an event is read as, and what becomes of each part of it. */
  receive(type: string, object: Record<string, unknown>): Promise<ReceiveResult[]>;
  close(): Promise<void>;
}

/** @param prepare the database, before anybody connects to it. */
export async function startPaymentWorld(prepare?: (databaseUrl: string) => Promise<void>): Promise<PaymentWorld> {
  const [testDatabase, stripe] = await Promise.all([createTestDatabase(), startFakeStripe()]);
  await prepare?.(testDatabase.url);
  const database = connectDatabase({ url: testDatabase.url, name: "test" });
  const { db } = database;
  const provider = await openStripe({ apiKey: "sk_test_1", webhookSecret, apiUrl: stripe.url });
  const ledger = createLedgerStore({ db });
  let accounts = 0;
  const world: PaymentWorld = {
    db,
    url: testDatabase.url,
    stripe,
    provider,
    ledger,
    async addAccount(kind = "prepaid") {
      const id = `acct_${++accounts}`;
      await db.insert(account).values({ id, name: "Buyer", kind });
      return id;
    },
    balance: async (accountId) => (await ledger.balance(accountId))?.balanceNano,
    debt: (accountId) => readDebt(db, accountId),
    charges: (accountId) =>
      db
        .select()
        .from(autoTopUpCharge)
        .where(eq(autoTopUpCharge.accountId, accountId))
        .orderBy(autoTopUpCharge.startedAt),
    read(type, object, options) {
      const { body, signature } = signStripeEvent(webhookSecret, type, object, options);
      return provider.readEvent(Buffer.from(body), signature);
    },
    async receive(type, object) {
      const results: ReceiveResult[] = [];
      for (const event of await world.read(type, object)) results.push(await receivePayment(db, provider, event));
      return results;
    },
    async close() {
      await database.close();
      await Promise.all([testDatabase.drop(), stripe.close()]);
    },
  };
  return world;
}
