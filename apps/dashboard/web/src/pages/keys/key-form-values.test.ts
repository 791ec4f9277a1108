import type { Key } from "@tera/admin-api/keys";
import { expect, test } from "vitest";
import { findProblems, newKeyValues, toChange, toSettings, valuesOf } from "./key-form-values.ts";

const values = { ...newKeyValues("acct_1", "2099-01-01T00:00:00.000Z"), name: "laptop" };
const key: Key = {
  ...toSettings(values),
  id: "key_1",
  firstKeyId: "key_1",
  accountId: "acct_1",
  accountName: "Acme",
  accountDisabled: false,
  lastFour: "abcd",
  state: "active",
  createdAt: "2026-11-23T00:00:00.000Z",
  disabledAt: null,
  disabledBy: null,
  revokedAt: null,
  lastUsedAt: null,
  successorId: null,
  spent: { day: null, month: null, total: null },
};

test("an empty field is no limit, and amounts stay the text that was typed", () => {
  expect(toSettings(values)).toMatchObject({ modelScope: null, budgetDay: null, allowedAddresses: null });
  const amounts = { budgetDay: " 0.000000001 ", budgetTotal: "$1,234.5" };
  expect(toSettings({ ...values, ...amounts })).toMatchObject({ budgetDay: "0.000000001", budgetTotal: "1234.5" });
});

test("only what was changed is sent", () => {
  expect(toChange(valuesOf(key), key)).toEqual({});
  const changed = { ...valuesOf(key), budgetDay: "5", modelScope: ["a/b"], expiresAt: null };
  expect(toChange(changed, key)).toEqual({ budgetDay: "5", modelScope: ["a/b"], expiresAt: null });
});

test("each problem is told at its field", () => {
  expect(findProblems(values, true)).toEqual({});
  const wrong = {
    ...values,
    accountId: null,
    name: " ",
    budgetDay: "five",
    allowedAddresses: ["10.0.0.0/8", "office"],
  };
  const problems = findProblems(wrong, true);
  expect(Object.keys(problems).toSorted()).toEqual(["accountId", "allowedAddresses", "budgetDay", "name"]);
  expect(problems["allowedAddresses"]).toContain('"office"');
});
