/**
 * Brings kept content to Postgres, off the hot path and in batches. It is a service to the key's owner and nothing that money hangs on: what finds the memory full, or is still
 * there when the gateway ends, is lost, and counted. Nothing of it is ever logged.
 */
import { setTimeout as delay } from "node:timers/promises";
import { databaseReason, isDataRefused, type RequestContent } from "@tera/database";
import { type ContentRow, type ContentStore, contentRow } from "./content-store.ts";

interface ContentWriterLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ContentWriterOptions {
  store: Pick<ContentStore, "write">;
  log: ContentWriterLog;
  /** So many requests' content is lost. Must not throw. */
  onLost?: (count: number) => void;
  /** How long a first one waits for others; 200 ms when absent. */
  batchDelayMs?: number;
  /** Pause while Postgres is away; 2 s when absent. */
  retryMs?: number;
  /** Of JSON that waits; 16 Mi when absent. */
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
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let away = false;
  let closed = false;

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    writing ??= drain().then((pauseMs) => {
      writing = undefined;
      if (pending.length > 0 && !closed) timer ??= setTimeout(begin, pauseMs);
    });
  }

  /** @returns when to look again. */
  async function drain(): Promise<number> {
    while (pending.length > 0) {
      const batch = nextBatch();
      try {
        await store.write(batch);
      } catch (error) {
        if (!isDataRefused(error)) {
          // One line per outage.
          if (!away) log.warn({ reason: databaseReason(error) }, "kept content cannot be written; trying again");
          away = true;
          return retryMs;
        }
        // What Postgres says of it may repeat it.
        log.error({ requests: batch.length }, "Postgres refuses kept content; it is lost");
        onLost(batch.length);
      }
      if (away) log.info({ pending: pending.length }, "kept content is written again");
      away = false;
      pending.splice(0, batch.length);
      pendingCharacters -= sizeOf(batch);
    }
    return batchDelayMs;
  }

  function nextBatch(): ContentRow[] {
    let characters = 0;
    const end = pending.findIndex((row, index) => {
      characters += row.json.length;
      return index > 0 && characters > batchCharactersMax;
    });
    return pending.slice(0, end === -1 ? undefined : end);
  }

  return {
    add(content) {
      const row = contentRow(content);
      if (closed || pendingCharacters + row.json.length > pendingCharactersMax) return onLost(1);
      pending.push(row);
      pendingCharacters += row.json.length;
      if (writing === undefined) timer ??= setTimeout(begin, batchDelayMs);
    },
    async close(timeoutMs) {
      closed = true;
      begin();
      const timeout = new AbortController();
      await Promise.race([writing, delay(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
      timeout.abort();
      clearTimeout(timer);
      if (pending.length > 0) onLost(pending.length);
    },
  };
}

function sizeOf(rows: readonly ContentRow[]): number {
  return rows.reduce((sum, { json }) => sum + json.length, 0);
}
