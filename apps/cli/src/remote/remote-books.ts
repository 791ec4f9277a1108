/** Money of accounts through an Admin API: what there is, what was spent, and moving it. */
import {
  type AccountMoney,
  accountMoneyPageSchema,
  accountMoneySchema,
  autoTopUpSchema,
  type CreditMoveRequest,
  creditMovedSchema,
  type ledgerLineSchema,
  ledgerPageSchema,
  type LedgerLine as RemoteLine,
} from "@tera/admin-api/billing";
import { keySpendListSchema } from "@tera/admin-api/spend";
import { type Balance, type CreditMove, formatAutoTopUpSetting, formatUsd, type LedgerLine } from "@tera/metering";
import type { Books } from "../stack/command-stores.ts";
import type { AdminClient } from "./admin-client.ts";
import { toNano } from "./money.ts";

export function createRemoteBooks(client: AdminClient): Books {
  const pathOf = (accountId: string) => `/accounts/${encodeURIComponent(accountId)}`;

  /** @returns the transaction's id; undefined: its reference was booked before. */
  async function move(kind: CreditMoveRequest["kind"], { accountId, amountNano, reason, reference }: CreditMove) {
    const amount = formatUsd(kind === "refund" ? -amountNano : amountNano);
    const body = { kind, amount, reason, reference };
    const moved = await client.send("POST", creditMovedSchema, `${pathOf(accountId)}/credit`, body);
    return moved.ledgerTransactionId === null ? undefined : BigInt(moved.ledgerTransactionId);
  }

  return {
    ledger: {
      async balance(accountId) {
        const found = await client.find(accountMoneySchema, `${pathOf(accountId)}/balance`);
        return found && toBalance(found);
      },
      async balances(accountIds) {
        const query = { sort: "name" };
        const wanted = new Set(accountIds);
        const all = await client.list<typeof accountMoneySchema>(
          accountMoneyPageSchema,
          "/billing/accounts",
          query,
          accountsMax,
        );
        return new Map(
          all.filter(({ accountId }) => wanted.has(accountId)).map((money) => [money.accountId, toBalance(money)]),
        );
      },
      async list({ accountId, limit, before }) {
        const first = before === undefined ? undefined : String(before);
        const lines = await client.listOn<typeof ledgerLineSchema>(
          ledgerPageSchema,
          `${pathOf(accountId)}/ledger`,
          { before: first },
          limit,
        );
        return lines.map(toLine);
      },
      topUp: (wanted) => move("top_up", wanted),
      refund: (wanted) => move("refund", wanted),
      adjust: (wanted) => move("adjustment", wanted),
    },
    spend: {
      async byKey(accountId) {
        const { items } = await client.get(keySpendListSchema, `${pathOf(accountId)}/spend`);
        return new Map(
          items.map(({ keyId, day, month, total, monthRequests }) => [
            keyId,
            { dayNano: toNano(day), monthNano: toNano(month), totalNano: toNano(total), monthRequests },
          ]),
        );
      },
    },
    async readDebtNano(accountId) {
      return toNano((await client.get(accountMoneySchema, `${pathOf(accountId)}/balance`)).debt);
    },
    async readTopUps(accountId) {
      const found = await client.get(autoTopUpSchema, `${pathOf(accountId)}/auto-top-up`);
      const { setting, state, reason, retryAt, methodSaved } = found;
      return { setting, state, reason, retryAt, methodSaved };
    },
    async setTopUp(accountId, setting) {
      const path = `${pathOf(accountId)}/auto-top-up`;
      if (setting === undefined) {
        await client.send("DELETE", autoTopUpSchema, path);
        return;
      }
      await client.send("PUT", autoTopUpSchema, path, formatAutoTopUpSetting(setting));
    },
  };
}

/** More than any list of the commands shows. */
const accountsMax = 10_000;

/** To customers its author is not told. */
function toLine({ id, seq, at, kind, entries, author, reason, reference }: RemoteLine): LedgerLine {
  return {
    id: BigInt(id),
    seq: BigInt(seq),
    kind,
    author: author ?? "",
    reason,
    reference,
    createdAt: new Date(at),
    entries: entries.map(({ book, amount }) => ({ book, amountNano: toNano(amount) })),
  };
}

function toBalance({ balance, leased, available }: AccountMoney): Balance {
  return { balanceNano: toNano(balance), leasedNano: toNano(leased), availableNano: toNano(available) };
}
