/**
 * Tells of prepaid accounts whose balance fell below what was set for them: once after each payment, however often the balance crosses, and again when an automatic top-up was
 * refused: nothing will come by itself then, or not soon.
 */
import { account, autoTopUp, buyer, type Db, ledgerTransaction, purse } from "@tera/database";
import { describeAutoTopUp, formatUsd } from "@tera/metering";
import { and, asc, eq, isNull, lt, sql } from "drizzle-orm";
import type { NoticeStore } from "../notices/notice-store.ts";
import type { Run } from "../run.ts";

const accountsMax = 10_000;

export function createLowBalanceNotices({ db, noticeStore }: { db: Db; noticeStore: NoticeStore }): Run {
  return {
    name: "low-balance-notices",
    schedule: { everyMs: 60_000 },
    attemptsMax: 1,
    async work() {
      const lastPayment = sql<string>`(select coalesce(max(t.seq), 0) from ${ledgerTransaction} t where t.account_id = ${purse.id} and t.kind in ('top_up', 'adjustment'))`;
      const refused = (column: "id" | "failure") =>
        sql<
          string | null
        >`(select ${sql.identifier(column)} from auto_top_up_charge c where c.account_id = ${purse.id} and c.state = 'failed' and ${autoTopUp.refusals} > 0 order by c.started_at desc limit 1)`;
      const low = await db
        .select({
          accountId: account.id,
          accountName: account.name,
          balanceNano: purse.balanceNano,
          lowBalanceNano: buyer.lowBalanceNano,
          lastPayment,
          setting: autoTopUp,
          refusedId: refused("id"),
          refusal: refused("failure"),
        })
        .from(buyer)
        .innerJoin(account, eq(account.id, buyer.accountId))
        .innerJoin(purse, eq(purse.id, buyer.accountId))
        .leftJoin(autoTopUp, eq(autoTopUp.accountId, buyer.accountId))
        .where(
          and(eq(account.kind, "prepaid"), isNull(account.disabledAt), lt(purse.balanceNano, buyer.lowBalanceNano)),
        )
        .orderBy(asc(account.id))
        .limit(accountsMax);
      const told = await noticeStore.add(
        low.map(
          ({ accountId, accountName, balanceNano, lowBalanceNano, lastPayment, setting, refusedId, refusal }) => ({
            type: "balance.low",
            reference: `${accountId}:${lastPayment}${refusedId === null ? "" : `:${refusedId}`}`,
            payload: {
              accountId,
              accountName,
              balance: formatUsd(balanceNano),
              lowBalance: formatUsd(lowBalanceNano ?? 0n),
              autoTopUp: setting === null ? null : describeAutoTopUp(setting, refusal),
            },
          }),
        ),
      );
      return { low: low.length, told };
    },
  };
}
