/** Tera must have a usage record for every request that it answered, and no more than it was asked. */

export interface UsageWitness {
  /** Requests that the load client saw answered. */
  answered: number;
  /** Requests that can have been on their way when the load client stopped. */
  cutOffMax: number;
  /** Usage records that came to Postgres meanwhile. */
  records: number;
}

/** @returns how many records are lost, or too many. */
export function countUsageErrors({ answered, cutOffMax, records }: UsageWitness): number {
  return Math.max(0, answered - records, records - answered - cutOffMax);
}
