/** Ends lines in groups: results and charges of many lines are one transaction. While Postgres is away they wait here, and are tried again. */
import { setTimeout } from "node:timers/promises";
import type { BackgroundLog } from "@tera/background";
import type { LineEnd, LineStore } from "@tera/batch";
import { databaseReason, isDataRefused } from "@tera/database";
import { randomBase62 } from "@tera/protocol";
import { createGroupWriter } from "./group-writer.ts";

const groupMax = 200;
const groupDelayMs = 50;
const retryFirstMs = 100;
const retryMaxMs = 5_000;

export interface LineEnder {
  /** @returns whether it was this end that counted: false where the line was given to somebody else meanwhile. */
  end(end: LineEnd): Promise<boolean>;
}

interface Waiting {
  end: LineEnd;
  resolve(counted: boolean): void;
}

export function createLineEnder({ lines, log }: { lines: Pick<LineStore, "end">; log: BackgroundLog }): LineEnder {
  async function write(group: readonly Waiting[]): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        const counted = new Set(await lines.end(group.map(({ end }) => end)));
        for (const { end, resolve } of group) resolve(counted.has(end));
        if (failures > 0) log.info({ lines: group.length }, "lines of batches are ended again");
        return;
      } catch (error) {
        if (isDataRefused(error)) return divide(group, error);
        if (failures === 0)
          log.warn({ reason: databaseReason(error) }, "lines of batches cannot be ended; trying again");
        await setTimeout(Math.min(retryFirstMs * 2 ** failures, retryMaxMs));
      }
    }
  }

  /** What Postgres refuses must not keep the others: alone, it ends without a result. */
  async function divide(group: readonly Waiting[], error: unknown): Promise<void> {
    if (group.length > 1) {
      const middle = Math.ceil(group.length / 2);
      await write(group.slice(0, middle));
      return write(group.slice(middle));
    }
    const [only] = group;
    if (only === undefined) return;
    const { batchId, number, customId } = only.end;
    log.error({ batchId, number, reason: databaseReason(error) }, "Postgres refuses the result of a line");
    if (only.end.errorCode === "internal_error") return only.resolve(false);
    const end = {
      ...only.end,
      errorCode: "internal_error",
      body: renderRefused(customId),
      usage: undefined,
      chargeNano: 0n,
    };
    return write([{ end, resolve: () => only.resolve(false) }]);
  }

  const writer = createGroupWriter<Waiting>({ write, groupMax, gather: () => setTimeout(groupDelayMs) });

  return {
    end(end) {
      return new Promise((resolve) => writer.add({ end, resolve }));
    },
  };
}

function renderRefused(customId: string): string {
  const error = { code: "internal_error", message: "The answer could not be kept." };
  return JSON.stringify({ id: `batch_req_${randomBase62(24)}`, custom_id: customId, response: null, error });
}
