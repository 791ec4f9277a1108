/**
 * Brings kept content to Postgres, off the hot path and in batches. It is a service to the key's owner and nothing that money hangs on: what finds the memory full, or is still
 * there when the gateway ends, is lost, and counted. Nothing of it is ever logged.
 */
import type { RequestContent } from "@tera/database";
import { type BatchWriterLog, createBatchWriter } from "../batch-writer.ts";
import { type ContentRow, type ContentStore, contentRow } from "./content-store.ts";

export interface ContentWriterOptions {
  store: Pick<ContentStore, "write">;
  log: BatchWriterLog;
  /** So many requests' content is lost. Must not throw. */
  onLost?: (count: number) => void;
  /** How long a first one waits for others; 200 ms when absent. */
  batchDelayMs?: number;
  /** Pause while Postgres is away; 2 s when absent. */
  retryMs?: number;
  /** Of JSON that waits, beside the batch that is being written; 16 Mi when absent. */
  pendingCharactersMax?: number;
}

export interface ContentWriter {
  add(content: RequestContent): void;
  /** Writes what waits, if that can be done in time. */
  close(timeoutMs: number): Promise<void>;
}

/** In one statement. */
const batchCharactersMax = 1_048_576;

export function createContentWriter(options: ContentWriterOptions): ContentWriter {
  const { store, log, onLost = () => undefined } = options;
  const { batchDelayMs = 200, retryMs = 2_000, pendingCharactersMax = 16 * 1_048_576 } = options;
  const pending: ContentRow[] = [];
  let pendingCharacters = 0;

  function batchEnd(): number {
    let characters = 0;
    const end = pending.findIndex((row, index) => {
      characters += row.json.length;
      return index > 0 && characters > batchCharactersMax;
    });
    return end === -1 ? pending.length : end;
  }

  const writer = createBatchWriter<ContentRow[]>({
    queue: {
      isEmpty: () => pending.length === 0,
      take() {
        const batch = pending.splice(0, batchEnd());
        pendingCharacters -= sizeOf(batch);
        return batch;
      },
      giveBack(batch) {
        pending.unshift(...batch);
        pendingCharacters += sizeOf(batch);
      },
      countOf: (batch) => batch.length,
      count: () => pending.length,
    },
    write: (batch) => store.write(batch),
    what: "kept content",
    log,
    onLost,
    batchDelayMs,
    retryMs,
  });

  return {
    add(content) {
      const row = contentRow(content);
      if (!writer.open || pendingCharacters + row.json.length > pendingCharactersMax) return onLost(1);
      pending.push(row);
      pendingCharacters += row.json.length;
      writer.wake();
    },
    close: writer.close,
  };
}

function sizeOf(rows: readonly ContentRow[]): number {
  return rows.reduce((sum, { json }) => sum + json.length, 0);
}
