/** What a check of the ledger found, in words; a problem's name stands for what it is. */

const said: Readonly<Record<string, string>> = {
  transaction_unbalanced: "ledger transactions do not sum to 0",
  balance_differs: "balances are not the sum of their ledger entries",
  balance_without_ledger: "balances have no ledger",
  purse_missing: "accounts have a ledger and no balance",
  entry_without_transaction: "ledger entries belong to no transaction",
  invoice_differs: "invoices and receivables disagree",
  invoice_lines_differ: "invoices are not the sum of their lines",
  invoice_not_booked: "invoices are not what was booked for them",
  invoice_gap: "invoices are missing",
  invoice_range_differs: "invoices do not ask for what lies in their range of the ledger",
  bound_differs: "prepaid accounts may go below zero, or others may not",
  available_negative: "purses have more in leases than there is",
  went_below_zero: "prepaid accounts went below zero",
  guard_missing: "guards of the ledger are not in place",
  charge_differs: "charges are not the usage times its price",
  corrected_charge_differs: "corrected charges are not the usage times the corrected price",
  price_unknown: "requests name a price that is not there",
  price_not_in_force: "requests were charged by a price that was not in force",
  counts_impossible: "requests have counts that cannot be",
  event_twice: "requests have more than one usage event",
  event_not_posted: "charges are not in the ledger",
  posting_differs: "postings are not the sum of their usage events",
  roll_up_differs: "hourly sums are not the sum of their usage events",
  day_differs: "daily sums are not the sum of their hours",
  total_differs: "sums over all accounts are not the sum of their hours",
  lease_overdue: "leases are past their term",
  leases_differ: "purses and leases disagree",
  closed_lease_holds: "closed leases hold credit",
  chain_gap: "ledger transactions are missing",
  chain_broken: "ledger transactions do not name the one before",
  engine_counted_more: "stretches of time in which an engine made more tokens than it was asked for here",
  engine_counted_less: "stretches of time in which an engine counted fewer tokens than its answers said",
  usage_not_booked: "stretches of time in which more tokens were served than usage events have",
  usage_not_served: "stretches of time in which usage events have more tokens than were served",
  hash_differs: "ledger transactions are not what their hash was made of",
};

export function describeProblem(problem: string): string {
  return said[problem] ?? problem;
}

/** Not money that is wrong: credit that is out of reach for a while, and tokens that nobody bought here. */
const warnings = new Set(["lease_overdue", "engine_counted_more", "engine_counted_less"]);

export function isMereWarning(problem: string): boolean {
  return warnings.has(problem);
}
