/** The name of a replica: ids of runners are unique on one worker only. Neither id can hold a slash. */
export function replicaName(workerId: string, runnerId: string): string {
  return `${workerId}/${runnerId}`;
}
