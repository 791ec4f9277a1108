/**
 * How many errors it took until a failing runner was out of rotation.
 *
 * A runner is to be ejected at the third error in a row. Under parallel load, answers that were begun in good health still end well after the first error
 * (then it is not in a row yet), and requests that were on their way when the third error came fail too, and nobody can help it. So the figure is: the
 * errors in a row up to the third, and every failure that *began* after the third had ended and before the runner was seen out of rotation. It is at
 * most 3 exactly when nothing was sent to the runner after its third error in a row. Canaries, and trials after the ejection, are not counted.
 */
export interface Ended {
  failed: boolean;
  /** When it reached the runner. Epoch milliseconds. */
  beganAtMs: number;
  endedAtMs: number;
}

const errorsMax = 3;

/**
 * @param outAtMs when the runner was seen out of rotation.
 * @param slackMs under parallel load: for an error to reach the worker, and for a job that it had claimed to reach the runner. 0 where each request is
 *   asked after the end of the one before.
 */
export function countEjectedAfter(requests: readonly Ended[], outAtMs: number, slackMs: number): number {
  const before = requests.filter(({ beganAtMs }) => beganAtMs <= outAtMs).sort((a, b) => a.endedAtMs - b.endedAtMs);
  let inARow = 0;
  for (const { failed, endedAtMs } of before) {
    inARow = failed ? inARow + 1 : 0;
    if (inARow === errorsMax) {
      return errorsMax + before.filter((one) => one.failed && one.beganAtMs > endedAtMs + slackMs).length;
    }
  }
  return inARow;
}
