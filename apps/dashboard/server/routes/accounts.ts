/** `/admin/api/accounts` */
import { createAccountStore, type ListedAccount, listAccounts } from "@tera/access";
import {
  type Account,
  accountChangeSchema,
  accountListQuery,
  accountPageSchema,
  accountSchema,
  newAccountSchema,
} from "@tera/admin-api/accounts";
import type { Db } from "@tera/database";
import { formatUsd } from "@tera/metering";
import type { Invalidation } from "@tera/queue";
import { z } from "zod";
import { mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Change } from "../changes.ts";
import { AdminError, notFound } from "../errors.ts";

export interface AccountDependencies {
  db: Db;
  change: Change;
  tellGateways(message: Invalidation): Promise<void>;
}

const idParams = z.object({ accountId: z.string() });

export function registerAccountRoutes(app: AdminApp, { db, change, tellGateways }: AccountDependencies): void {
  app.get(
    "/accounts",
    {
      config: { permission: "accounts:read" },
      schema: { summary: "List accounts", querystring: accountListQuery, response: { 200: accountPageSchema } },
    },
    async ({ query, actor }) => {
      const { items, total } = await listAccounts(db, { ...query, among: actor.accounts?.map(({ id }) => id) });
      return { items: items.map(toAccount), total };
    },
  );

  app.post(
    "/accounts",
    {
      config: { permission: "accounts:write" },
      schema: { summary: "Create an account", body: newAccountSchema, response: { 200: accountSchema } },
    },
    async ({ body, actor }) => {
      const { id } = await change(actor, async (tx) => {
        const made = await createAccountStore({ db: tx }).createAccount(body);
        const entry = { action: "account.create", ...describe(made), after: made };
        return { answer: made, entry };
      });
      return readAccount(id);
    },
  );

  app.get(
    "/accounts/:accountId",
    {
      config: { permission: "accounts:read" },
      schema: { summary: "One account", params: idParams, response: { 200: accountSchema } },
    },
    async ({ params, actor }) => {
      mustSee(actor, params.accountId);
      return readAccount(params.accountId);
    },
  );

  app.patch(
    "/accounts/:accountId",
    {
      config: { permission: "accounts:write" },
      schema: {
        summary: "Change an account",
        params: idParams,
        body: accountChangeSchema,
        response: { 200: accountSchema },
      },
    },
    async ({ params: { accountId }, body, actor }) => {
      mustSee(actor, accountId);
      await change(actor, async (tx) => {
        const store = createAccountStore({ db: tx });
        const before = await store.findAccount(accountId);
        const changed = await store.setAccount(accountId, body);
        if (changed.outcome === "owes") {
          throw new AdminError(
            "conflict",
            `It owes ${formatUsd(changed.owedNano)} USD, and a prepaid account cannot be below zero. Top it up first.`,
          );
        }
        if (changed.outcome === "unknown") throw notFound("account");
        const { account } = changed;
        return { answer: undefined, entry: { action: "account.change", ...describe(account), before, after: account } };
      });
      await tellGateways({ type: "account", accountId });
      return readAccount(accountId);
    },
  );

  for (const action of ["disable", "enable"] as const) {
    app.post(
      `/accounts/:accountId/${action}`,
      {
        config: { permission: "accounts:write" },
        schema: {
          summary: action === "disable" ? "Close an account for a while" : "Open it again",
          params: idParams,
          response: { 200: accountSchema },
        },
      },
      async ({ params: { accountId }, actor }) => {
        mustSee(actor, accountId);
        await change(actor, async (tx) => {
          const store = createAccountStore({ db: tx });
          const before = await store.findAccount(accountId);
          const after = await (action === "disable" ? store.disableAccount(accountId) : store.enableAccount(accountId));
          if (after === undefined) throw notFound("account");
          return { answer: undefined, entry: { action: `account.${action}`, ...describe(after), before, after } };
        });
        await tellGateways({ type: "account", accountId });
        return readAccount(accountId);
      },
    );
  }

  async function readAccount(accountId: string): Promise<Account> {
    const { items } = await listAccounts(db, { page: 1, pageSize: 1, sort: "name", among: [accountId] });
    const [found] = items;
    if (found === undefined) throw notFound("account");
    return toAccount(found);
  }
}

function describe({ id, name }: { id: string; name: string }) {
  return { objectKind: "account", objectId: id, objectName: name, accountId: id };
}

function toAccount({ balanceNano, createdAt, disabledAt, ...account }: ListedAccount): Account {
  return {
    ...account,
    balance: formatUsd(balanceNano),
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
  };
}
