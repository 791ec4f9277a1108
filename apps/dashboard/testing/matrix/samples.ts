/**
 * A good request for each operation, by its name: the one that whoever may do it succeeds with.
 *
 * What is in a path is taken from the world by its name (`{keyId}`); only what else an operation needs is here.
 */
import { randomBase62 } from "@tera/protocol";
import type { Installation } from "./installation.ts";
import type { TenantObjects } from "./tenant.ts";

export type World = TenantObjects & Installation;

export interface Sample {
  /** In place of, or beside, what the world has under the names in the path. */
  params?: (world: World) => Promise<Record<string, string>>;
  query?: (world: World) => Promise<Record<string, string>>;
  body?: (world: World) => Promise<object>;
  /** Of a body that is not JSON. */
  headers?: Record<string, string>;
  /** What it answers to whoever may; 200 or 204 when absent. */
  statuses?: readonly number[];
  /** Of the accounts that it is asked about; prepaid when absent. */
  kind?: "postpaid";
  /** Answered in half a second: it is enough that scripts ask for it. */
  isSlow?: true;
  /** Customers have its permission for what is theirs, and this is the whole installation's: 403. */
  ofInstallation?: true;
}

const always =
  <Value>(value: Value) =>
  async () =>
    value;
const newEmail = () => `${randomBase62(12)}@example.com`.toLowerCase();
const party = { address: null, taxId: null, email: null };
export const seller = { ...party, name: "Seller", paymentNote: null, taxRatePercent: "19", dueDays: 30 };
const buyer = { ...party, name: "Buyer", taxRatePercent: null, lowBalance: null };
export const period = { model: "m", from: "2025-01-01T00:00:00Z", to: "2025-02-01T00:00:00Z" };
const line = JSON.stringify({ custom_id: "1", method: "POST", url: "/v1/chat/completions", body: { model: "m" } });
const password = "correct horse battery staple";
/** No gateway runs beside the matrix. */
const withoutGateway = [503];
/** Another may be under way. */
const begun = [200, 409];

export const samples: Readonly<Record<string, Sample>> = {
  "POST /accounts": { body: always({ name: "New", kind: "prepaid" }) },
  "PATCH /accounts/{accountId}": { body: always({ concurrencyMax: 5 }) },

  "POST /keys": { body: async ({ accountId }) => ({ accountId: await accountId(), name: "New" }) },
  "PATCH /keys/{keyId}": { body: always({ requestsPerMinuteMax: 5 }) },
  "POST /keys/{keyId}/rotate": { body: always({}) },
  "POST /keys/{keyId}/revoke": { body: always({}) },

  "POST /files": {
    query: always({ filename: "lines.jsonl" }),
    body: always(Buffer.from(line)),
    headers: { "content-type": "application/jsonl" },
  },
  "POST /batches": {
    body: async ({ keyId, fileId }) => ({
      keyId: await keyId(),
      inputFileId: await fileId(),
      endpoint: "/v1/chat/completions",
    }),
  },

  "GET /playground/{accountId}/models": { statuses: withoutGateway },
  "POST /playground/{accountId}/chat/completions": { body: always({ model: "m" }), statuses: withoutGateway },
  "POST /playground/{accountId}/audio/speech": { body: always({ model: "m" }), statuses: withoutGateway },

  "POST /accounts/{accountId}/credit": { body: always({ kind: "gift", amount: "1", reason: "thanks" }) },
  "POST /accounts/{accountId}/checkout": { body: always({ amount: "5" }) },
  "PUT /accounts/{accountId}/auto-top-up": {
    body: always({ below: "5", amount: "10", dayMax: "50" }),
  },
  "GET /billing/summary": { ofInstallation: true },
  "GET /seller": { ofInstallation: true },
  "PUT /seller": { body: always(seller) },
  "PUT /accounts/{accountId}/buyer": { body: always(buyer) },
  "GET /invoices/{number}": { kind: "postpaid" },
  "GET /invoices/{number}/csv": { kind: "postpaid" },
  "GET /invoices/{number}/pdf": { kind: "postpaid", isSlow: true },
  "POST /invoices/{number}/pay-link": { kind: "postpaid" },
  "POST /invoices/{number}/credit-notes": { kind: "postpaid", body: always({ reason: "kindness", credited: "0" }) },
  "POST /invoices/{number}/payments": {
    kind: "postpaid",
    body: async () => ({ amount: "0.5", reference: randomBase62(8) }),
  },
  "GET /accounts/{accountId}/statements/{month}/pdf": { isSlow: true },
  "POST /invoice-runs": { body: always({ month: "2025-01", dryRun: true }), statuses: begun },
  "GET /invoice-runs/{id}": { params: async ({ invoiceRunId }) => ({ id: await invoiceRunId() }) },
  "GET /prices/history": { query: always({ model: "m" }) },
  "POST /prices": { body: always({ model: "new", free: true }) },
  "POST /reratings": { body: always(period), statuses: begun },
  "GET /reratings/{id}": { params: async ({ reratingId }) => ({ id: await reratingId() }) },
  "POST /reratings/{id}/apply": {
    params: async ({ reratingId }) => ({ id: await reratingId() }),
    body: always({ reason: "a mistake" }),
    statuses: begun,
  },
  "GET /reratings/applied/{id}": { params: async ({ appliedReratingId }) => ({ id: await appliedReratingId() }) },
  "POST /ledger-checks": { statuses: begun },
  "GET /ledger-checks/latest": { ofInstallation: true },

  "PATCH /models/{modelId}": { body: always({ description: "New" }) },

  "PUT /members/{memberId}/grants": { body: always({ role: "billing" }) },
  "DELETE /members/{memberId}/grants/{accountId}": { params: async () => ({ accountId: "operator" }) },
  "POST /invitations": { body: async () => ({ role: "viewer", email: newEmail() }) },
  "POST /invitations/open": { body: async ({ invitationToken }) => ({ token: await invitationToken() }) },
  "POST /invitations/accept": {
    body: async ({ invitationToken }) => ({
      token: await invitationToken(),
      name: "New",
      email: newEmail(),
      password,
    }),
  },
  "POST /tokens": { body: always({ name: "new", role: "viewer" }) },
};
