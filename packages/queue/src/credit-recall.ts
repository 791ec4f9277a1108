/**
 * `tera:{g:<gateway>}:recall`: gateways ask each other to give back the credit that lies idle in their leases.
 *
 * Only a hint: credit moves in Postgres. A question or an answer may be lost, and who stands still does not answer; nobody waits for long.
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Redis, RedisLog } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseJson } from "./parse-json.ts";

const waitMsDefault = 250;

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("question"), id: z.string(), purseId: z.string(), gatewayId: z.string() }),
  /** What was idle is in Postgres. */
  z.object({ type: z.literal("answer"), id: z.string(), gatewayId: z.string() }),
]);
type Message = z.infer<typeof messageSchema>;

export interface CreditRecall {
  /** Asks these gateways. Resolves when all have answered, or enough time has passed. Never rejects. */
  recall(purseId: string, gatewayIds: readonly string[]): Promise<void>;
  stop(): void;
}

export interface CreditRecallOptions {
  gatewayId: string;
  redis: Redis;
  /** For this subscription alone; closed by `stop`. */
  blockingRedis: Redis;
  /** Another gateway asks. Resolves when it is done. */
  giveBackIdle(purseId: string): Promise<void>;
  log: RedisLog;
  waitMs?: number;
}

interface Question {
  unanswered: Set<string>;
  done(): void;
}

export async function startCreditRecall(options: CreditRecallOptions): Promise<CreditRecall> {
  const { gatewayId, redis, blockingRedis, giveBackIdle, log, waitMs = waitMsDefault } = options;
  const questions = new Map<string, Question>();

  async function send(to: string, message: Message): Promise<void> {
    await redis.publish(keys.recall(to), JSON.stringify(message));
  }

  function hear(message: Message): void {
    if (message.type === "question") void answer(message);
    else tick(message.id, message.gatewayId);
  }

  async function answer({ id, purseId, gatewayId: asker }: Extract<Message, { type: "question" }>): Promise<void> {
    try {
      await giveBackIdle(purseId);
      await send(asker, { type: "answer", id, gatewayId });
    } catch (error) {
      log.warn({ asker, reason: error instanceof Error ? error.message : String(error) }, "a recall was not answered");
    }
  }

  function tick(id: string, from: string): void {
    const question = questions.get(id);
    question?.unanswered.delete(from);
    if (question?.unanswered.size === 0) question.done();
  }

  blockingRedis.on("message", (_channel: string, text: string) => {
    const parsed = messageSchema.safeParse(parseJson(text));
    if (parsed.success) hear(parsed.data);
  });
  await blockingRedis.subscribe(keys.recall(gatewayId));

  return {
    async recall(purseId, gatewayIds) {
      const id = randomBytes(8).toString("base64url");
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, waitMs);
      questions.set(id, { unanswered: new Set(gatewayIds), done: resolve });
      for (const to of gatewayIds) {
        // Who cannot be asked will not answer.
        send(to, { type: "question", id, purseId, gatewayId }).catch(() => tick(id, to));
      }
      await promise;
      clearTimeout(timer);
      questions.delete(id);
    },
    stop: () => blockingRedis.disconnect(),
  };
}
