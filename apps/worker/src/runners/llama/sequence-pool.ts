/**
 * The context's sequences, one per slot. Each remembers the tokens it evaluated last; a prompt gets the free one that has most of it.
 */
import type { LlamaContext, LlamaContextSequence, Token } from "node-llama-cpp";

export interface SequenceLease {
  sequence: LlamaContextSequence;
  free(): void;
}

export interface SequencePool {
  /**
   * The free sequence with the longest common start; of equals, the one unused for longest. Waits for one when all are taken, which only
   * happens while a cancelled task still finishes its batch. Undefined when the signal fires first.
   */
  take(tokens: Token[], signal: AbortSignal): Promise<SequenceLease | undefined>;
}

export function createSequencePool(context: LlamaContext, slots: number): SequencePool {
  // In order of last use.
  const free: LlamaContextSequence[] = Array.from({ length: slots }, () => context.getSequence());
  const waiting = new Set<() => void>();

  function pick(tokens: Token[]): LlamaContextSequence | undefined {
    let best = free[0];
    let bestLength = -1;
    for (const sequence of free) {
      const { firstDifferentIndex } = sequence.compareContextTokens(tokens);
      if (firstDifferentIndex > bestLength) [best, bestLength] = [sequence, firstDifferentIndex];
    }
    return best;
  }

  function leaseOf(sequence: LlamaContextSequence): SequenceLease {
    free.splice(free.indexOf(sequence), 1);
    return {
      sequence,
      free() {
        free.push(sequence);
        const [next] = waiting;
        next?.();
      },
    };
  }

  function untilFree(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      function done(): void {
        waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      }
      waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  return {
    async take(tokens, signal) {
      while (!signal.aborted) {
        const sequence = pick(tokens);
        if (sequence !== undefined) return leaseOf(sequence);
        await untilFree(signal);
      }
      return undefined;
    },
  };
}
