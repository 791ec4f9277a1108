/** Begins lines in groups: those that are asked for while a statement runs are begun by the next one. */
import type { LineStore, OpenLine, RunningLine } from "@tera/batch";
import { createGroupWriter } from "./group-writer.ts";

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

  const writer = createGroupWriter<Waiting>({
    write,
    groupMax,
    // What this turn of the event loop still asks for.
    gather: () => Promise.resolve(),
  });

  return {
    begin(line) {
      return new Promise((resolve, reject) => writer.add({ line, resolve, reject }));
    },
  };
}

const nameOf = ({ batchId, number }: OpenLine) => `${batchId} ${number}`;
