/**
 * Bounds how much of a model's traffic may be retries, so that failing engines are not buried under attempts that fail too.
 *
 * A balance per model: each request adds a fifth of a retry, time adds a few a second, each retry takes one. A healthy service never notices it; when everything
 * fails, load grows by a fifth at the most, once the reserve is spent. (As Finagle's RetryBudget does: 20 %, and 10 a second over 10 seconds.)
 */

/** In fifths of a retry, so that sums stay whole. */
const perRetry = 5;
const perRequest = 1;
const perSecond = 10 * perRetry;
const balanceMax = 100 * perRetry;

export interface RetryBudget {
  /** A request was admitted. */
  deposit(model: string): void;
  /** False: no retry now. */
  withdraw(model: string): boolean;
}

/** @param now milliseconds of a clock that never goes back; for tests. */
export function createRetryBudget(now: () => number = () => performance.now()): RetryBudget {
  const accounts = new Map<string, { balance: number; atMs: number }>();

  function accountOf(model: string) {
    const nowMs = now();
    let account = accounts.get(model);
    if (account === undefined) {
      account = { balance: balanceMax, atMs: nowMs };
      accounts.set(model, account);
    }
    account.balance = Math.min(balanceMax, account.balance + ((nowMs - account.atMs) / 1_000) * perSecond);
    account.atMs = nowMs;
    return account;
  }

  return {
    deposit(model) {
      const account = accountOf(model);
      account.balance = Math.min(balanceMax, account.balance + perRequest);
    },
    withdraw(model) {
      const account = accountOf(model);
      if (account.balance < perRetry) return false;
      account.balance -= perRetry;
      return true;
    },
  };
}
