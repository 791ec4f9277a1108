/**
 * The pages of the dashboard, and how people open them: plainly, and with the usual filters, orders and last pages. What each asks the server is not written here: a browser is watched when it
 * opens them (`recordPages`). The test beside holds the list to the router of the web.
 */
import { models } from "./dashboard-history.ts";

/** What a page is about; drawn anew for each time that a page is asked for. */
export interface Subject {
  accountId: string;
  /** Of the account. */
  keyId: string;
  /** Of the account. */
  requestId: string;
  /** Of the account. */
  invoice: string;
  /** Of the account. */
  batchId: string;
  model: string;
}

export interface BenchPage {
  name: string;
  /** The router's. */
  route: string;
  /** With its search. */
  path(subject: Subject): string;
}

function page(name: string, route: string, search: (subject: Subject) => object = () => ({})): BenchPage {
  return {
    name,
    route,
    path(subject) {
      const ids: Readonly<Record<string, string>> = {
        $accountId: subject.accountId,
        $keyId: subject.keyId,
        $requestId: subject.requestId,
        $number: subject.invoice,
        $batchId: subject.batchId,
        $modelId: subject.model,
        $model: subject.model,
      };
      const path = route.replaceAll(/\$\w+/g, (id) => encodeURIComponent(ids[id] ?? id));
      const words = new URLSearchParams(Object.entries(search(subject)));
      return words.size === 0 ? path : `${path}?${words}`;
    },
  };
}

const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
const lastDays = (days: number) => ({ period: "custom", from: day(days - 1), to: day(0) });
export const filteredModel = `bench/model-${models - 1}`;

/** Lists show as many. */
const pageSize = 25;
const lastOf = (items: number) => String(Math.ceil(items / pageSize));

const keyPages = (keys: number) => [
  page("keys", "/keys"),
  page("keys, by state and model", "/keys", () => ({ state: "active", model: filteredModel })),
  page("keys, search", "/keys", () => ({ search: "staging-7" })),
  page("keys, by account, last page", "/keys", () => ({ sort: "-account", page: lastOf(keys) })),
  page("a key", "/keys/$keyId"),
];

const usagePages = [
  page("usage, 30 days", "/usage"),
  page("usage, 24 hours", "/usage", () => ({ period: "24h" })),
  page("usage, 31 days by hour", "/usage", () => ({ ...lastDays(31), interval: "hour" })),
  page("usage, 31 days by hour, by model", "/usage", () => ({ ...lastDays(31), interval: "hour", by: "model" })),
  page("usage, 31 days by hour, by key", "/usage", () => ({ ...lastDays(31), interval: "hour", by: "key" })),
  page("usage, 30 days, by key", "/usage", () => ({ by: "key" })),
  page("usage, 90 days, by key", "/usage", () => ({ ...lastDays(90), by: "key" })),
  page("usage, of a key", "/usage", ({ keyId }) => ({ keyId })),
];

const requestPages = [
  page("requests", "/requests"),
  page("requests, failed", "/requests", () => ({ status: "failed" })),
  page("requests, of a key and model, failed", "/requests", ({ keyId, model }) => ({ keyId, model, status: "failed" })),
  page("requests, by id", "/requests", ({ requestId }) => ({ id: requestId })),
  page("a request", "/requests/$requestId"),
];

const batchPages = [
  page("batches", "/batches"),
  page("batches, completed, search", "/batches", () => ({ status: "completed", search: "batch_bench_1" })),
  page("a batch", "/batches/$batchId"),
];

const everybodys = (keys: number) => [
  ...keyPages(keys),
  ...usagePages,
  ...requestPages,
  ...batchPages,
  page("profile", "/profile"),
];

/** @param keys and accounts that there are: lists are opened at their ends, too */
export const ownerPages = ({ keys, accounts }: { keys: number; accounts: number }): BenchPage[] => [
  page("overview", "/"),
  page("playground", "/playground", ({ accountId }) => ({ account: accountId })),
  ...everybodys(keys),
  page("keys, of an account", "/keys", ({ accountId }) => ({ accountId })),
  page("usage, 31 days by hour, by account", "/usage", () => ({ ...lastDays(31), interval: "hour", by: "account" })),
  page("usage, of an account, by hour and key", "/usage", ({ accountId }) => ({
    accountId,
    ...lastDays(31),
    interval: "hour",
    by: "key",
  })),
  page("requests, of an account", "/requests", ({ accountId }) => ({ accountId })),
  page("requests, of a model", "/requests", ({ model }) => ({ model })),
  page("queue", "/queue"),
  page("billing", "/billing"),
  page("billing, search", "/billing", () => ({ search: "hooli" })),
  page("billing of an account", "/billing/accounts/$accountId"),
  page("invoices", "/billing/invoices"),
  page("invoices, unpaid, last page", "/billing/invoices", () => ({ status: "unpaid", page: lastOf(accounts) })),
  page("an invoice", "/billing/invoices/$number"),
  page("prices", "/billing/prices"),
  page("a price", "/billing/prices/$model"),
  page("re-rating", "/billing/rerate"),
  page("ledger check", "/billing/check"),
  page("seller", "/billing/seller"),
  page("models", "/models"),
  page("a model", "/models/$modelId"),
  page("runners", "/runners"),
  page("accounts", "/accounts"),
  page("accounts, search", "/accounts", () => ({ search: "north" })),
  page("accounts, by balance, last page", "/accounts", () => ({ sort: "-balance", page: lastOf(accounts) })),
  page("an account", "/accounts/$accountId"),
  page("an account, keys", "/accounts/$accountId", () => ({ tab: "keys" })),
  page("an account, usage", "/accounts/$accountId", () => ({ tab: "usage" })),
  page("an account, billing", "/accounts/$accountId", () => ({ tab: "billing" })),
  page("members", "/members"),
  page("invitations", "/members", () => ({ tab: "invitations" })),
  page("tokens", "/members", () => ({ tab: "tokens" })),
  page("audit log", "/audit"),
  page("audit log, of an account", "/audit", ({ accountId }) => ({ accountId })),
  page("audit log, of keys", "/audit", () => ({ kind: "key" })),
  page("settings", "/settings"),
];

/** The portal: of somebody who is a member of the account that uses most. */
export const customerPages = ({ keys }: { keys: number }): BenchPage[] => [
  page("overview", "/"),
  page("playground", "/playground"),
  ...everybodys(keys),
  page("billing", "/billing"),
  page("invoices", "/billing/invoices"),
  page("an invoice", "/billing/invoices/$number"),
  page("models", "/models"),
];
