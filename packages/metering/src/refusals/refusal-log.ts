/**
 * Takes down refusals, off the hot path: called where an error is answered, it notes in memory, and writes once a second. A flood of refusals grows nothing: of each key and code the first
 * few of a minute are kept, the others are only counted. Nothing of money hangs on it: what finds the memory full, or is still there when the gateway ends, is lost, and counted.
 */
import type { RefusalCount, RefusedRequest } from "@tera/database";
import { type BatchWriterLog, createBatchWriter } from "../batch-writer.ts";
import { cutText, storableText } from "../content/kept-text.ts";
import { type Refusal, refusalRetentionMs } from "./refusal.ts";
import type { RefusalBatch, RefusalStore } from "./refusal-store.ts";

export interface RefusalLogOptions {
  store: Pick<RefusalStore, "write">;
  log: BatchWriterLog;
  /** So many refusals are neither kept nor counted. Must not throw. */
  onLost?: (count: number) => void;
  /** How long a first one waits for others; 1 s when absent. */
  batchDelayMs?: number;
  /** Pause while Postgres is away; 5 s when absent. */
  retryMs?: number;
  /** Kept of a key, a code and a minute; 5 when absent. */
  samplesOfKeyMax?: number;
  /** Kept of a minute in all; 300 when absent. */
  samplesOfMinuteMax?: number;
  /** Samples that wait, and counts that wait; 5,000 when absent. */
  pendingMax?: number;
}

export interface RefusalLog {
  record(refusal: Refusal): void;
  /** Writes what waits, if that can be done in time. */
  close(timeoutMs: number): Promise<void>;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** In one statement: Postgres takes 65,535 parameters. */
const batchMax = 1_000;
/** UTF-16 code units. */
const messageMax = 500;
const modelMax = 200;

export function createRefusalLog(options: RefusalLogOptions): RefusalLog {
  const { store, log, onLost = () => undefined, batchDelayMs = 1_000, retryMs = 5_000 } = options;
  const { samplesOfKeyMax = 5, samplesOfMinuteMax = 300, pendingMax = 5_000 } = options;
  const samples: RefusedRequest[] = [];
  /** By hour, key and code. */
  const counts = new Map<string, RefusalCount>();
  /** Kept so far in `minute`: by key and code, and in all. Never more entries than samples. */
  const sampled = new Map<string, number>();
  let minute = 0;
  let sampledInMinute = 0;

  function isSampled(keyId: string, code: string, atMs: number): boolean {
    const now = Math.floor(atMs / minuteMs);
    if (now !== minute) {
      minute = now;
      sampledInMinute = 0;
      sampled.clear();
    }
    const name = `${keyId} ${code}`;
    const before = sampled.get(name) ?? 0;
    if (before >= samplesOfKeyMax || sampledInMinute >= samplesOfMinuteMax || samples.length >= pendingMax)
      return false;
    sampled.set(name, before + 1);
    sampledInMinute++;
    return true;
  }

  function addCount(added: RefusalCount): void {
    const name = `${added.hour.getTime()} ${added.keyId} ${added.code}`;
    const known = counts.get(name);
    if (known !== undefined) known.requests += added.requests;
    else if (counts.size >= pendingMax) onLost(added.requests);
    else counts.set(name, added);
  }

  function takeBatch(): RefusalBatch {
    const some = [...counts.entries()].slice(0, batchMax);
    for (const [name] of some) counts.delete(name);
    return { samples: samples.splice(0, batchMax), counts: some.map(([, count]) => count) };
  }

  const writer = createBatchWriter<RefusalBatch>({
    queue: {
      // Each sample is counted too.
      isEmpty: () => counts.size === 0,
      take: takeBatch,
      giveBack(batch) {
        samples.unshift(...batch.samples);
        for (const count of batch.counts) addCount(count);
      },
      countOf: (batch) => sumOf(batch.counts),
      count: () => sumOf([...counts.values()]),
    },
    write: (batch) => store.write(batch),
    what: "refused requests",
    log,
    onLost,
    batchDelayMs,
    retryMs,
  });

  return {
    record({ requestId, key, model, code, message, atMs }) {
      if (!writer.open) return onLost(1);
      const { accountId, keyId } = key ?? { accountId: "", keyId: "" };
      if (key !== undefined && isSampled(keyId, code, atMs)) {
        samples.push({
          requestId,
          accountId,
          keyId,
          model: model === undefined ? null : cutText(storableText(model), modelMax),
          code,
          message: cutText(storableText(message), messageMax),
          refusedAt: new Date(atMs),
          expiresAt: new Date(atMs + refusalRetentionMs),
        });
      }
      const hour = new Date(Math.floor(atMs / hourMs) * hourMs);
      const expiresAt = new Date(hour.getTime() + refusalRetentionMs);
      addCount({ hour, accountId, keyId, code, requests: 1, expiresAt });
      writer.wake();
    },
    close: writer.close,
  };
}

function sumOf(counts: readonly RefusalCount[]): number {
  return counts.reduce((sum, { requests }) => sum + requests, 0);
}
