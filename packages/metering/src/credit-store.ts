/** Credit in Postgres: purses, and the leases that gateways hold on them. Each call is one atomic statement. */
import { creditLease, type Db } from "@tera/database";
import { and, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import { z } from "zod";

/** Far above what a living gateway needs to renew, far below what anybody wants to wait for a dead one's credit. */
export const leaseTermMs = 60_000;

export interface Grant {
  /** Nano-USD; 0: not enough is available. */
  grantedNano: bigint;
  /** Little is left: what is not needed should be given back at once. */
  scarce: boolean;
  /** Before this grant. */
  availableNano: bigint;
  /** The lease has expired or was closed: a new one must be begun. */
  lost: boolean;
}

export interface Holders {
  /** Other gateways that have some of it in leases whose term is not over. */
  gatewayIds: string[];
  /** Of the purse, in the same moment. */
  availableNano: bigint;
}

export interface ExpiredLease {
  leaseId: string;
  gatewayId: string;
}

/** More than a billion USD: nobody has as much, and what is asked beyond it comes to the same. An eighth of what Postgres' bigint holds, because `take_credit` takes eight. */
const amountMaxNano = 2n ** 60n - 1n;

/** Closed one after the other; more than these wait for the next look. */
const expiredMax = 1_000;

export interface CreditStore {
  /** Makes or enlarges a lease: by `wanted` while there is plenty, by `needed` near the end. */
  take(wish: {
    purseId: string;
    leaseId: string;
    gatewayId: string;
    neededNano: bigint;
    wantedNano: bigint;
  }): Promise<Grant>;
  /** @param amountNano undefined: all of it, and the lease is closed: only when what is owed on it has been settled. */
  giveBack(leaseId: string, amountNano: bigint | undefined): Promise<void>;
  /** Prolongs leases of a gateway that have not expired. @returns the ids of those that it prolonged. */
  renew(gatewayId: string, leaseIds: readonly string[]): Promise<Set<string>>;
  /** Who besides this gateway has credit of a purse. */
  findHolders(purseId: string, gatewayId: string): Promise<Holders>;
  /** Open leases whose term is over, of any gateway, the oldest first. */
  findExpired(): Promise<ExpiredLease[]>;
  /** Makes the purse of a key's budget, or brings it up to date: the budget less what was charged in its period. See budget-purse.ts of @tera/access. */
  ensureKeyPurse(wish: {
    id: string;
    firstKeyId: string;
    kind: "key_day" | "key_month" | "key_total";
    /** Counts only where Postgres has none: it was removed just now. */
    budgetNano: bigint;
    /** Of the period, as Postgres writes times. */
    since: string;
    until: string;
  }): Promise<void>;
}

const grantSchema = z.object({
  granted: z.coerce.bigint(),
  scarce: z.boolean(),
  available: z.coerce.bigint(),
  lost: z.boolean(),
});

const holdersSchema = z.object({ available: z.coerce.bigint(), holders: z.array(z.string()) });

export function createCreditStore({ db }: { db: Db }): CreditStore {
  async function giveBack(leaseId: string, amountNano: bigint | undefined): Promise<void> {
    await db.execute(sql`select return_credit(${leaseId}, ${amountNano?.toString() ?? null}::bigint)`);
  }

  return {
    async take({ purseId, leaseId, gatewayId, neededNano, wantedNano }) {
      const { rows } = await db.execute(
        sql`select * from take_credit(${purseId}, ${leaseId}, ${gatewayId}, ${within(neededNano)}::bigint, ${within(wantedNano)}::bigint, ${leaseTermMs})`,
      );
      const { granted, scarce, available, lost } = grantSchema.parse(rows[0]);
      return { grantedNano: granted, scarce, availableNano: available, lost };
    },
    giveBack,
    async renew(gatewayId, leaseIds) {
      if (leaseIds.length === 0) return new Set();
      const renewed = await db
        .update(creditLease)
        .set({ expiresAt: sql`clock_timestamp() + ${leaseTermMs} * interval '1 millisecond'` })
        .where(
          and(
            inArray(creditLease.id, [...leaseIds]),
            eq(creditLease.gatewayId, gatewayId),
            isNull(creditLease.closedAt),
            gt(creditLease.expiresAt, sql`clock_timestamp()`),
          ),
        )
        .returning({ id: creditLease.id });
      return new Set(renewed.map(({ id }) => id));
    },
    async findHolders(purseId, gatewayId) {
      const { rows } = await db.execute(
        sql`select balance_nano - leased_nano as available, array(
            select distinct gateway_id from credit_lease
            where purse_id = purse.id and closed_at is null and gateway_id <> ${gatewayId} and amount_nano > 0 and expires_at > clock_timestamp() order by 1
          ) as holders
          from purse where id = ${purseId}`,
      );
      const { available, holders } = holdersSchema.parse(rows[0] ?? { available: 0n, holders: [] });
      return { gatewayIds: holders, availableNano: available };
    },
    findExpired() {
      return db
        .select({ leaseId: creditLease.id, gatewayId: creditLease.gatewayId })
        .from(creditLease)
        .where(and(isNull(creditLease.closedAt), lt(creditLease.expiresAt, sql`clock_timestamp()`)))
        .orderBy(creditLease.expiresAt)
        .limit(expiredMax);
    },
    async ensureKeyPurse({ id, firstKeyId, kind, budgetNano, since, until }) {
      await db.execute(
        sql`select fill_key_purse(${id}, ${firstKeyId}, ${kind}, ${since}, ${until}, ${budgetNano.toString()}::bigint)`,
      );
    },
  };
}

/** As Postgres takes it. */
function within(amountNano: bigint): string {
  return (amountNano < amountMaxNano ? amountNano : amountMaxNano).toString();
}
