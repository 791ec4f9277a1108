/** Seller and buyers: read and set. What an invoice says of them is its own copy, taken when it is issued. */
import {
  type Account,
  account,
  type Buyer,
  buyer,
  type Db,
  type InvoiceParty,
  type Seller,
  seller,
} from "@tera/database";
import { eq } from "drizzle-orm";

export type SellerChange = Partial<Omit<Seller, "id" | "updatedAt">>;
export type BuyerChange = Partial<Omit<Buyer, "accountId" | "updatedAt">>;

export interface PartyStore {
  /** Undefined: not set yet. */
  seller(): Promise<Seller | undefined>;
  /** What is absent stays. @returns undefined: there is none yet, and the change has no name for it. */
  setSeller(change: SellerChange): Promise<Seller | undefined>;
  /** Undefined: no such account. */
  buyer(accountId: string): Promise<{ account: Account; buyer: Buyer | undefined } | undefined>;
  setBuyer(accountId: string, change: BuyerChange): Promise<Buyer>;
}

export function createPartyStore({ db }: { db: Pick<Db, "select" | "insert" | "update"> }): PartyStore {
  return {
    async seller() {
      const [found] = await db.select().from(seller);
      return found;
    },
    async setSeller(change) {
      const { name } = change;
      const values = { ...change, updatedAt: new Date() };
      const [changed] =
        name === undefined
          ? await db.update(seller).set(values).where(eq(seller.id, 1)).returning()
          : await db
              .insert(seller)
              .values({ ...values, id: 1, name })
              .onConflictDoUpdate({ target: seller.id, set: values })
              .returning();
      return changed;
    },
    async buyer(accountId) {
      const [found] = await db
        .select({ account, buyer })
        .from(account)
        .leftJoin(buyer, eq(buyer.accountId, account.id))
        .where(eq(account.id, accountId));
      return found === undefined ? undefined : { account: found.account, buyer: found.buyer ?? undefined };
    },
    async setBuyer(accountId, change) {
      const values = { ...change, updatedAt: new Date() };
      const [changed] = await db
        .insert(buyer)
        .values({ ...values, accountId })
        .onConflictDoUpdate({ target: buyer.accountId, set: values })
        .returning();
      if (changed === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return changed;
    },
  };
}

export function sellerParty({ name, address, taxId, email }: Seller): InvoiceParty {
  return { name, address, taxId, email };
}

export function buyerParty(of: Account, details: Buyer | undefined): InvoiceParty {
  return {
    name: details?.name ?? of.name,
    address: details?.address ?? null,
    taxId: details?.taxId ?? null,
    email: details?.email ?? null,
  };
}
