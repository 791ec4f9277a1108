/** What is typed into the form of a key, and the settings that it stands for. An empty field is no limit. */
import { type Key, type KeyChange, type KeySettings, keyChangeSchema, newKeySchema } from "@tera/admin-api/keys";

export interface KeyFormValues {
  accountId: string | null;
  name: string;
  /** ISO 8601; null: never. */
  expiresAt: string | null;
  modelScope: string[];
  budgetDay: string;
  budgetMonth: string;
  budgetTotal: string;
  requestsPerMinuteMax: number | null;
  tokensPerMinuteMax: number | null;
  concurrencyMax: number | null;
  allowedAddresses: string[];
  priorityClass: KeySettings["priorityClass"];
  contentLogging: boolean;
}

/** @param expiresAt of a new key */
export function newKeyValues(accountId: string | null, expiresAt: string): KeyFormValues {
  return {
    accountId,
    name: "",
    expiresAt,
    modelScope: [],
    budgetDay: "",
    budgetMonth: "",
    budgetTotal: "",
    requestsPerMinuteMax: null,
    tokensPerMinuteMax: null,
    concurrencyMax: null,
    allowedAddresses: [],
    priorityClass: "normal",
    contentLogging: false,
  };
}

export function valuesOf(key: Key): KeyFormValues {
  return {
    accountId: key.accountId,
    name: key.name,
    expiresAt: key.expiresAt,
    modelScope: key.modelScope ?? [],
    budgetDay: key.budgetDay ?? "",
    budgetMonth: key.budgetMonth ?? "",
    budgetTotal: key.budgetTotal ?? "",
    requestsPerMinuteMax: key.requestsPerMinuteMax,
    tokensPerMinuteMax: key.tokensPerMinuteMax,
    concurrencyMax: key.concurrencyMax,
    allowedAddresses: key.allowedAddresses ?? [],
    priorityClass: key.priorityClass,
    contentLogging: key.contentLogging,
  };
}

export function toSettings({ accountId: _chosenOnce, ...values }: KeyFormValues): KeySettings {
  const amount = (text: string) =>
    text.trim() === ""
      ? null
      : text
          .trim()
          .replace(/^\$\s*/, "")
          .replaceAll(",", "");
  const list = (items: string[]) => (items.length === 0 ? null : items.map((item) => item.trim()));
  return {
    ...values,
    name: values.name.trim(),
    modelScope: list(values.modelScope),
    budgetDay: amount(values.budgetDay),
    budgetMonth: amount(values.budgetMonth),
    budgetTotal: amount(values.budgetTotal),
    allowedAddresses: list(values.allowedAddresses),
  };
}

/** Only what differs from the key as it is: what somebody else changes meanwhile is left alone. */
export function toChange(values: KeyFormValues, key: Key): KeyChange {
  const after = toSettings(values);
  const before = toSettings(valuesOf(key));
  const change: Record<string, unknown> = {};
  let field: keyof KeySettings;
  for (field in after) if (JSON.stringify(after[field]) !== JSON.stringify(before[field])) change[field] = after[field];
  return keyChangeSchema.parse(change);
}

/** @returns by field, as the form wants it; empty: all is well. */
export function findProblems(values: KeyFormValues, isNew: boolean): Record<string, string> {
  const settings = toSettings(values);
  const checked = isNew
    ? newKeySchema.safeParse({ ...settings, accountId: values.accountId ?? "" })
    : keyChangeSchema.safeParse(settings);
  return checked.success ? {} : problemsByField(checked.error.issues.map(({ path, message }) => ({ path, message })));
}

/** Of several problems of one field the first: `allowedAddresses.1` is one of `allowedAddresses`. */
export function problemsByField(problems: readonly { path: readonly PropertyKey[]; message: string }[]) {
  const byField: Record<string, string> = {};
  for (const { path, message } of problems) byField[String(path[0])] ??= message;
  return byField;
}
