/** A benchmark that cannot be run, in one sentence for the person who asked for it. */
export class BenchError extends Error {
  override readonly name = "BenchError";
}
