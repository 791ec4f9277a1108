/**
 * A Redis connection whose commands leave together: those of one event-loop turn are one write to the socket, whoever sent them.
 *
 * They are held back until the check phase of the same turn (`setImmediate`), which follows at once: a lone command waits for nothing. This is not
 * ioredis' auto-pipelining, which puts every command through a pipeline and a promise of its own, and was measured to double the latency.
 */
import { Redis } from "ioredis";

export class TurnBatchedRedis extends Redis {
  #held = false;

  override sendCommand(...args: Parameters<Redis["sendCommand"]>): unknown {
    const { stream } = this;
    if (!this.#held && this.status === "ready") {
      this.#held = true;
      stream.cork();
      setImmediate(() => {
        this.#held = false;
        stream.uncork();
      });
    }
    return super.sendCommand(...args);
  }
}
