/** Why `tera up` does not start, or stopped: one sentence for the operator, and where a child is to blame, what it said last. */
export class UpError extends Error {
  override readonly name = "UpError";
  readonly lastLines: readonly string[];

  constructor(message: string, options: { lastLines?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.lastLines = options.lastLines ?? [];
  }
}
