/** The steps of a request's life at which something is killed: how a request is brought there, and seen to be there. */
import { usageEvent } from "@tera/database";
import { keys } from "@tera/queue";
import type { FakeRunnerSettingsChange, LoggedRequest } from "@tera/testkit";
import { inArray } from "drizzle-orm";
import pg from "pg";
import type { MoneyStack } from "./money-stack.ts";

export interface StepContext {
  money: MoneyStack;
  accountId: string;
  keyIds: readonly string[];
  marks: readonly string[];
  model: string;
  /** Those answers that have ended. */
  endedCount(): number;
  /** All clients leave. */
  leave(): void;
}

export interface KillStep {
  name: string;
  maxTokens: number;
  /** What the runners do. */
  runners?: FakeRunnerSettingsChange;
  /** @returns what undoes it, once the victim is dead. Must not throw where the victim was Postgres. */
  prepare?(context: StepContext): Promise<() => Promise<void>>;
  /** Asked again and again until it is true. */
  isReached(context: StepContext): Promise<boolean>;
  /** Done in the same turn as the kill. */
  atKill?(context: StepContext): void;
}

const maxTokens = 8;

/** Where the engine stands still: what was generated until the kill is known to the token. */
function frozenAt(name: string, tokens: number): KillStep {
  return {
    name,
    maxTokens,
    runners: { faults: [{ kind: "hang-mid-stream", afterTokens: tokens }] },
    isReached: (context) =>
      atRunners(
        context,
        ({ state, fault, generatedTokens }) => state === "running" && fault !== null && generatedTokens > tokens,
      ),
  };
}

export const killSteps: readonly KillStep[] = [
  {
    name: "credit is asked for",
    maxTokens,
    prepare: ({ money, accountId }) =>
      holdLock(money, [sqlText("select 1 from purse where id = $1 for update", accountId)]),
    isReached: ({ money }) => isQueryWaiting(money, "%take_credit%"),
  },
  {
    name: "on the lane",
    maxTokens,
    async prepare({ money: { stack } }) {
      const stopped = [...stack.workers];
      await Promise.all(stopped.map(({ process }) => process.kill("SIGSTOP")));
      return async () => {
        for (const { process } of stopped) if (process.running) await process.kill("SIGCONT");
      };
    },
    async isReached({ money, model, marks }) {
      return (await money.redis.xlen(keys.lane(model, "normal"))) >= marks.length;
    },
  },
  {
    name: "at the engine",
    maxTokens,
    runners: { faults: [{ kind: "hang-before-headers" }] },
    isReached: (context) => atRunners(context, () => true),
  },
  frozenAt("before the first token", 0),
  frozenAt("first token", 1),
  frozenAt("mid-stream", 4),
  frozenAt("before the last token", maxTokens - 2),
  {
    name: "second attempt",
    maxTokens,
    runners: {
      faults: [
        { kind: "status", times: 1 },
        { kind: "hang-mid-stream", afterTokens: 3 },
      ],
    },
    isReached: (context) => atRunners(context, ({ generatedTokens }) => generatedTokens > 3),
  },
  {
    name: "mid-stream, engine goes on",
    maxTokens: 40,
    runners: { msPerToken: 20 },
    isReached: (context) => atRunners(context, ({ generatedTokens }) => generatedTokens >= 5),
  },
  {
    name: "client leaves",
    maxTokens,
    runners: { faults: [{ kind: "hang-mid-stream", afterTokens: 4 }] },
    isReached: (context) => atRunners(context, ({ generatedTokens }) => generatedTokens > 4),
    atKill: ({ leave }) => leave(),
  },
  { name: "answered", maxTokens, isReached: async ({ endedCount, marks }) => endedCount() === marks.length },
  {
    name: "settling",
    maxTokens,
    prepare: ({ money }) => holdLock(money, [sqlText("lock table usage_event in exclusive mode")]),
    isReached: ({ money }) => isQueryWaiting(money, "%settle_usage%"),
  },
  {
    name: "settled",
    maxTokens,
    async isReached({ money: { stack }, keyIds }) {
      const rows = await stack.database.db
        .select({ id: usageEvent.requestId })
        .from(usageEvent)
        .where(inArray(usageEvent.keyId, [...keyIds]));
      return rows.length >= keyIds.length;
    },
  },
];

function sqlText(text: string, ...values: string[]): { text: string; values: string[] } {
  return { text, values };
}

/** Until what it returns is called; on a connection of its own. */
export async function holdLock(
  { stack }: MoneyStack,
  statements: readonly { text: string; values: string[] }[],
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  // Cut when Postgres is killed.
  client.on("error", () => undefined);
  await client.connect();
  await client.query("begin");
  for (const statement of statements) await client.query(statement);
  return async () => {
    await client.end().catch(() => undefined);
  };
}

/** Asked by the superuser: the application's role does not see what others ask. */
async function isQueryWaiting({ stack }: MoneyStack, pattern: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like $1";
    return (await client.query(waiting, [pattern])).rows.length > 0;
  } finally {
    await client.end();
  }
}

/** Every request has reached a runner, in such a state. */
async function atRunners(
  { money: { stack }, marks }: StepContext,
  is: (request: LoggedRequest) => boolean,
): Promise<boolean> {
  const reports = await Promise.all(stack.runners.map((runner) => runner.report()));
  const requests = reports.flatMap((report) => report.requests).filter(({ fault }) => fault !== "status");
  return marks.every((mark) => requests.some((request) => JSON.stringify(request.body).includes(mark) && is(request)));
}
