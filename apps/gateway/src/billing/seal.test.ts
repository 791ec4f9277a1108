import { usageRecordSchema } from "@tera/protocol";
import { newUsageRecord } from "@tera/testkit";
import { expect, test } from "vitest";
import { createSealer } from "./seal.ts";

const sealer = createSealer("a secret of this installation, long enough");
const record = newUsageRecord({
  requestId: "req_1",
  model: "org/m",
  billing: { priceId: "price_1", holds: [{ purseId: "acct_1", leaseId: "lease_1" }, { purseId: "key_1:total" }] },
});
const sealed = { ...record, seal: sealer.seal(record) };

test("a copy of an admitted request is genuine, also after its way through JSON", () => {
  expect(sealer.isGenuine(sealed)).toBe(true);
  expect(sealer.isGenuine(usageRecordSchema.parse(JSON.parse(JSON.stringify(sealed))))).toBe(true);
});

test("a worker may say what was used, and nothing else of what was admitted", () => {
  expect(sealer.isGenuine({ ...sealed, usage: { ...sealed.usage, completionTokens: 5 }, status: "cancelled" })).toBe(
    true,
  );
  const changes = [
    { requestId: "req_2" },
    { accountId: "acct_2" },
    { keyId: "key_2" },
    { model: "org/cheap" },
    { admittedAtMs: 999 },
    { billing: { holds: [] } },
    { billing: undefined },
    { billing: { priceId: "price_2", holds: record.billing?.holds ?? [] } },
    { billing: { priceId: "price_1", holds: [{ purseId: "acct_2" }] } },
  ];
  for (const change of changes) expect(sealer.isGenuine({ ...sealed, ...change }), JSON.stringify(change)).toBe(false);
});

test("no seal, a broken one and another installation's are not genuine", () => {
  for (const seal of [undefined, "", "AAAA", "not base64 at all!", createSealer("b".repeat(32)).seal(record)]) {
    expect(sealer.isGenuine({ ...record, seal })).toBe(false);
  }
});
