/** `tera:invalidate`: a wake-up for everybody who caches. It may be lost; caches also expire, and are emptied after an outage. */
import { z } from "zod";
import type { Redis } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";

const invalidationSchema = z.discriminatedUnion("type", [
  /** A key was changed or revoked. `end`: which of its open requests end now, those that wait for a slot or all; none when absent. */
  z.object({ type: z.literal("key"), keyId: z.string(), end: z.enum(["waiting", "all"]).optional() }),
  /** An account was changed, disabled or enabled. */
  z.object({ type: z.literal("account"), accountId: z.string() }),
  /** What the operator says of a model was changed. */
  z.object({ type: z.literal("catalog") }),
  /** The price book was added to. */
  z.object({ type: z.literal("prices") }),
  /** A worker came, went, or serves something else. */
  z.object({ type: z.literal("workers") }),
]);
export type Invalidation = z.infer<typeof invalidationSchema>;

export async function publishInvalidation(redis: Redis, message: Invalidation): Promise<void> {
  await redis.publish(keys.invalidate, JSON.stringify(message));
}

export interface InvalidationOptions {
  /** For this subscription alone; closed by `stop`. */
  blockingRedis: Redis;
  onMessage(message: Invalidation): void;
  /** Messages may have been missed: forget everything. */
  onReconnect(): void;
}

export async function subscribeInvalidation(options: InvalidationOptions): Promise<{ stop(): void }> {
  const { blockingRedis, onMessage, onReconnect } = options;
  let subscribedBefore = false;
  blockingRedis.on("message", (_channel: string, text: string) => {
    const parsed = invalidationSchema.safeParse(parseJson(text));
    if (parsed.success) onMessage(parsed.data);
  });
  blockingRedis.on("ready", () => {
    if (subscribedBefore) onReconnect();
    subscribedBefore = true;
  });
  await blockingRedis.subscribe(keys.invalidate);
  return { stop: () => blockingRedis.disconnect() };
}
