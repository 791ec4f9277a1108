/** What a private server could not do, said in one sentence that names what to do next. */
export class EmbeddedError extends Error {
  override readonly name = "EmbeddedError";
}

/** True when a system call failed because the disk is full; the servers' own words for it count too. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "ENOSPC") || /no space left on device/i.test(error.message);
}
