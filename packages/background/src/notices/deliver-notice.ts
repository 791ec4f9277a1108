/**
 * Sends one notice to the operator's webhook, signed as Standard Webhooks 1.0.0 says (github.com/standard-webhooks): `webhook-id`, `webhook-timestamp`,
 * and in `webhook-signature` `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`.
 *
 * The URL is a setting of whoever runs the gateways, and may lead to a private address: a receiver within one's own network is the usual case. No customer can set it.
 * Redirects are not followed, and nothing of the answer is kept but its status.
 */
import { createHmac } from "node:crypto";
import type { NoticeStore } from "./notice-store.ts";

/** About 30 hours, with the waits below. */
export const attemptsMax = 36;
const timeoutMs = 10_000;
const waitingMax = 1_000;

/** 10 s, 20 s, 40 s and so on, at most an hour. */
export function noticeBackoffMs(attemptsMade: number): number {
  return Math.min(10_000 * 2 ** Math.max(0, attemptsMade - 1), 3_600_000);
}

export interface NoticeDelivery {
  findWaiting(): Promise<string[]>;
  /** `gone`: delivered or given up before. Never rejects for the receiver's sake. */
  deliver(id: string): Promise<"delivered" | "failed" | "abandoned" | "gone">;
}

export interface NoticeDeliveryOptions {
  store: NoticeStore;
  url: string;
  /** Bytes of the key. */
  secret: Uint8Array;
}

export function createNoticeDelivery({ store, url, secret }: NoticeDeliveryOptions): NoticeDelivery {
  async function post(id: string, body: string): Promise<string | undefined> {
    const timestamp = Math.floor(Date.now() / 1_000).toString();
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          "content-type": "application/json",
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": signNotice(secret, id, timestamp, body),
        },
        body,
      });
      await response.body?.cancel();
      return response.ok ? undefined : `answered ${response.status}`;
    } catch (error) {
      return error instanceof Error && error.name === "TimeoutError" ? "no answer in time" : "not reachable";
    }
  }

  return {
    findWaiting: () => store.listWaiting(waitingMax),
    async deliver(id) {
      const found = await store.find(id);
      if (found === undefined || found.deliveredAt !== null || found.abandonedAt !== null) return "gone";
      const { type, createdAt, payload } = found;
      const failure = await post(id, JSON.stringify({ type, timestamp: createdAt.toISOString(), data: payload }));
      if (failure === undefined) {
        await store.markDelivered(id);
        return "delivered";
      }
      if ((await store.markFailed(id, failure)) < attemptsMax) return "failed";
      await store.abandon(id);
      return "abandoned";
    },
  };
}

export function signNotice(secret: Uint8Array, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
