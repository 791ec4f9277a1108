/** Begins lines in groups: those that are asked for while a statement runs are begun by the next one. */
import type { LineStore, OpenLine, RunningLine } from "@tera/batch";

const groupMax = 200;

export interface LineBeginner {
  /** @returns undefined: somebody else has it, or it is not open any more. */
  begin(line: OpenLine): Promise<RunningLine | undefined>;
}

interface Waiting {
  line: OpenLine;
  resolve(begun: RunningLine | undefined): void;
  reject(error: unknown): void;
}

export function createLineBeginner(lines: Pick<LineStore, "begin">, gatewayId: string): LineBeginner {
  let waiting: Waiting[] = [];
  let running = false;

  async function write(group: readonly Waiting[]): Promise<void> {
    try {
      const begun = await lines.begin(
        group.map(({ line }) => line),
        gatewayId,
      );
      const byName = new Map(begun.map((line) => [nameOf(line), line]));
      for (const { line, resolve } of group) {
        resolve(byName.get(nameOf(line)));
        // Asked for twice: the second one finds it taken.
        byName.delete(nameOf(line));
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async function run(): Promise<void> {
    running = true;
    // What this turn of the event loop still asks for.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.slice(0, groupMax);
      waiting = waiting.slice(groupMax);
      await write(group);
    }
    running = false;
  }

  return {
    begin(line) {
      return new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        if (!running) void run();
      });
    },
  };
}

const nameOf = ({ batchId, number }: OpenLine) => `${batchId} ${number}`;
