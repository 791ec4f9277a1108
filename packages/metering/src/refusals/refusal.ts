/** A request that was refused before it was admitted, as it is recorded. */

export interface Refusal {
  requestId: string;
  /** Undefined: no key that is known. It is counted, and nothing else is kept of it. */
  key: { accountId: string; keyId: string } | undefined;
  /** What was asked for; undefined: that was not read. */
  model: string | undefined;
  /** Of the error, as the client saw both. */
  code: string;
  message: string;
  /** Epoch milliseconds. */
  atMs: number;
}

/** How long refusals are kept. */
export const refusalRetentionMs = 7 * 86_400_000;
