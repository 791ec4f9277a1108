/** The check that what keeps the ledger as it is, in the database itself, is there and on: constraints, triggers, and what the application's role may not do. */
import { sql } from "drizzle-orm";
import type { RowCheck } from "./check-ledger-rows.ts";

/** Constraints, and indexes that are unique. */
const constraints = [
  "purse_available",
  "purse_leased",
  "ledger_transaction_reference",
  "ledger_transaction_seq",
  "ledger_entry_transaction_id_line_pk",
  "usage_event_request_id_admitted_at_pk",
  "usage_correction_request_id_ledger_transaction_id_pk",
  "price_model_time",
  "invoice_account_month",
  "invoice_year_seq",
  "invoice_sum",
];

const appendOnly = [
  "ledger_transaction",
  "ledger_entry",
  "usage_event",
  "usage_correction",
  "usage_month_dropped",
  "price",
  "invoice",
  "invoice_line",
  "invoice_payment",
];

const triggers = [
  ...appendOnly.flatMap((table) => [`${table}_append_only`, `${table}_no_truncate`]),
  "account_has_purse",
  "invoice_adds_up",
  "invoice_line_adds_up",
  "ledger_entry_balances",
  "ledger_transaction_balances",
  "usage_hour_added",
  "usage_hour_changed",
];

/** Names without anything to escape. */
const list = (names: readonly string[]) => sql.raw(`array[${names.map((name) => `'${name}'`).join(", ")}]`);

export const guardCheck: RowCheck = {
  invariant: 2,
  problem: "guard_missing",
  cause: "Somebody dropped or disabled what keeps the ledger as it is; changes since then may not show anywhere else.",
  bad: sql`select format('constraint %s', name) as row from unnest(${list(constraints)}) name
      where not exists (select 1 from pg_constraint c where c.conname = name and c.convalidated)
        and not exists (select 1 from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname = name and i.indisunique and i.indisvalid)
    union all select format('trigger %s', name) from unnest(${list(triggers)}) name where not exists (select 1 from pg_trigger t where t.tgname = name)
    -- Of a partition too.
    union all select format('trigger %s of %s', t.tgname, t.tgrelid::regclass) from pg_trigger t
      where t.tgenabled not in ('O', 'A') and (t.tgname = any (${list(triggers)}) or t.tgfoid = 'refuse_change'::regproc)
    union all select format('%s may change %s', r.rolname, t.tgrelid::regclass) from (select distinct tgrelid from pg_trigger where tgfoid = 'refuse_change'::regproc) t, pg_roles r
      where r.rolname = 'tera_app' and (has_table_privilege(r.oid, t.tgrelid, 'UPDATE, DELETE, TRUNCATE') or has_any_column_privilege(r.oid, t.tgrelid, 'UPDATE'))`,
};
