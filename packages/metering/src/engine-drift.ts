/**
 * Invariant 6 where real engines run: what is metered is what the engines' own counters say (docs/decisions/0011).
 *
 * Three witnesses are compared for each stretch that a worker told of: the engine's counter, what the worker heard in the engine's answers, and the usage events. Each is
 * known between bounds (an answer that was cut, or that ran while the counters were read, is known only so far); what lies apart is drift. Which two lie apart says why.
 */
import {
  type Db,
  type EngineDriftProblem,
  engineCount,
  engineDrift,
  engineDriftProblems,
  type TokenMeasure,
  tokenMeasures,
} from "@tera/database";
import type { EngineCount } from "@tera/protocol";
import { lt, sql } from "drizzle-orm";
import { z } from "zod";
import { type LedgerFinding, rowsShownMax } from "./ledger-finding.ts";

/** Stretches that are compared; older ones were, and what was found is kept in `engine_drift`. */
const comparedDays = 7;
/** Counts of engines are kept longer than they are compared, for whoever looks into a drift. */
const keptDays = 90;
/** Usage is in Postgres a second after its request ended, or later when Postgres or a gateway was away. */
const settledAfterMs = 600_000;
/** How far clocks of workers and gateways may be apart. */
const clockSkewS = 5;
/** An event lies in the month of its admission; none runs for longer. */
const requestTimeMaxS = 86_400;
/** Less is no drift: a part of what the engine counted, and a few tokens in any case. */
const driftPerMille = 1;
const driftTokensMin = 32;

export interface EngineDrift {
  workerId: string;
  runnerId: string;
  engine: string;
  openedAt: Date;
  closedAt: Date;
  measure: TokenMeasure;
  problem: EngineDriftProblem;
  /** Positive: more was made than was metered. Negative: less. */
  tokens: number;
  counted: number;
  canary: number;
  /** What the worker heard, without canaries; `engine_counted_*` compare with this and what is bounded. */
  served: number;
  booked: number;
}

export interface EngineComparison {
  /** Runners with counters in the period, and their stretches that were compared. */
  runners: number;
  stretches: number;
  drifts: EngineDrift[];
}

/** Books what workers told. A stretch that is told again replaces what was known of it. */
export async function storeEngineCounts(db: Db, counts: readonly EngineCount[]): Promise<void> {
  // One statement cannot write a row twice: of each stretch the last word.
  const latest = new Map<string, EngineCount>();
  for (const count of counts) {
    const name = JSON.stringify([count.workerId, count.runnerId, count.openedAtMs]);
    const known = latest.get(name);
    if (known === undefined || known.closedAtMs <= count.closedAtMs) latest.set(name, count);
  }
  const rows = [...latest.values()].flatMap((count) =>
    tokenMeasures.map((measure) => {
      const { counted, made, served, canary } = count[measure];
      return {
        workerId: count.workerId,
        runnerId: count.runnerId,
        openedAt: new Date(count.openedAtMs),
        measure,
        closedAt: new Date(count.closedAtMs),
        engine: count.engine,
        engineAddress: count.engineAddress,
        countedMin: counted.min,
        countedMax: counted.max,
        madeMin: made.min,
        madeMax: made.max,
        servedMin: served.min,
        servedMax: served.max,
        canary,
      };
    }),
  );
  if (rows.length === 0) return;
  await db
    .insert(engineCount)
    .values(rows)
    .onConflictDoUpdate({
      target: [engineCount.workerId, engineCount.runnerId, engineCount.openedAt, engineCount.measure],
      set: {
        closedAt: sql`excluded.closed_at`,
        countedMin: sql`excluded.counted_min`,
        countedMax: sql`excluded.counted_max`,
        madeMin: sql`excluded.made_min`,
        madeMax: sql`excluded.made_max`,
        servedMin: sql`excluded.served_min`,
        servedMax: sql`excluded.served_max`,
        canary: sql`excluded.canary`,
      },
      setWhere: sql`excluded.closed_at >= engine_count.closed_at`,
    });
}

const driftSchema = z.object({
  workerId: z.string(),
  runnerId: z.string(),
  engine: z.string(),
  openedAt: z.coerce.date(),
  closedAt: z.coerce.date(),
  measure: z.enum(tokenMeasures),
  problem: z.enum(engineDriftProblems),
  tokens: z.coerce.number(),
  counted: z.coerce.number(),
  canary: z.coerce.number(),
  served: z.coerce.number(),
  booked: z.coerce.number(),
});
const comparedSchema = z.object({ runners: z.coerce.number(), stretches: z.coerce.number() });
const driftsMax = 10_000;

/**
 * Compares the stretches of the last week whose usage should be settled. Reads all usage of that week.
 *
 * A usage event belongs to the stretches that its life (from admission to end) touches; where it lies within one, and came of one attempt, its tokens are certain there.
 * @param now for tests.
 */
export async function compareEngineCounts(db: Pick<Db, "execute">, now = new Date()): Promise<EngineComparison> {
  const until = new Date(now.getTime() - settledAfterMs).toISOString();
  const since = new Date(now.getTime() - comparedDays * 86_400_000).toISOString();
  const stretch = sql`
    select * from engine_count
    where opened_at >= ${since}::timestamptz and closed_at <= ${until}::timestamptz and closed_at > opened_at`;
  const { rows: compared } = await db.execute(
    sql`select count(distinct (worker_id, runner_id)) as runners, count(distinct (worker_id, runner_id, opened_at)) as stretches from (${stretch}) s`,
  );
  const { rows } = await db.execute(sql`
    with stretch as materialized (${stretch}),
    lives as (
      select worker_id, runner_id, prompt_tokens, completion_tokens, attempts, admitted_at - ${clockSkewS} * interval '1 second' as life_from,
        admitted_at + (total_ms + ${clockSkewS * 1_000}) * interval '1 millisecond' as life_to
      from usage_event
      where admitted_at >= ${since}::timestamptz - ${requestTimeMaxS} * interval '1 second' and admitted_at <= ${until}::timestamptz and runner_id is not null
    ),
    -- Met by the hour, because a join by ranges would look at every pair.
    stretch_hours as (
      select worker_id, runner_id, opened_at, closed_at, hour from stretch,
        generate_series(date_trunc('hour', opened_at, 'UTC'), closed_at, '1 hour') hour where measure = 'prompt'
    ),
    booked as (
      select s.worker_id, s.runner_id, s.opened_at,
        coalesce(sum(prompt_tokens) filter (where certain), 0) as prompt_min, sum(prompt_tokens) as prompt_max,
        coalesce(sum(completion_tokens) filter (where certain), 0) as completion_min, sum(completion_tokens) as completion_max
      from lives l
      cross join lateral generate_series(date_trunc('hour', life_from, 'UTC'), life_to, '1 hour') life_hour
      join stretch_hours s on s.worker_id = l.worker_id and s.runner_id = l.runner_id and s.hour = life_hour
        -- Each pair in one hour: the first that they share.
        and s.hour = greatest(date_trunc('hour', life_from, 'UTC'), date_trunc('hour', s.opened_at, 'UTC'))
        and life_from < s.closed_at and life_to > s.opened_at
      cross join lateral (select life_from >= s.opened_at and life_to <= s.closed_at and attempts <= 1 as certain) c
      group by 1, 2, 3
    ),
    witnesses as (
      select s.*,
        coalesce(case measure when 'prompt' then prompt_min else completion_min end, 0) as booked_min,
        coalesce(case measure when 'prompt' then prompt_max else completion_max end, 0) as booked_max,
        -- Of other workers, or other runners, on the same engine.
        coalesce((select sum(o.made_max) from engine_count o where o.engine_address = s.engine_address and o.measure = s.measure
          and (o.worker_id, o.runner_id) <> (s.worker_id, s.runner_id) and o.opened_at < s.closed_at and o.closed_at > s.opened_at
          and o.opened_at >= ${since}::timestamptz - interval '1 day'), 0) as others_max,
        greatest(${driftTokensMin}::bigint, ${driftPerMille} * counted_max / 1000, ${driftPerMille} * served_max / 1000) as tolerated
      from stretch s left join booked b using (worker_id, runner_id, opened_at)
    )
    select worker_id as "workerId", runner_id as "runnerId", engine, to_json(opened_at) #>> '{}' as "openedAt", to_json(closed_at) #>> '{}' as "closedAt", measure,
      problem, tokens, counted_max as counted, canary, served_max as served, booked_max as booked
    from witnesses cross join lateral (values
      ('engine_counted_more', counted_min - made_max - others_max),
      ('engine_counted_less', counted_max - made_min),
      ('usage_not_booked', served_min - booked_max),
      ('usage_not_served', served_max - booked_min)
    ) drift (problem, tokens)
    where case when problem in ('engine_counted_more', 'usage_not_booked') then tokens > tolerated else tokens < -tolerated end
    order by abs(tokens) desc limit ${driftsMax}`);
  return { ...comparedSchema.parse(compared[0]), drifts: z.array(driftSchema).parse(rows) };
}

/** Keeps what was found, for when the usage that it was found in is gone. */
export async function storeEngineDrift(db: Db, drifts: readonly EngineDrift[]): Promise<void> {
  if (drifts.length === 0) return;
  const rows = drifts.map(({ workerId, runnerId, openedAt, closedAt, measure, problem, tokens }) => ({
    workerId,
    runnerId,
    openedAt,
    closedAt,
    measure,
    problem,
    tokens,
  }));
  // Parameters of one statement are bounded.
  for (let from = 0; from < rows.length; from += 1_000) {
    await db
      .insert(engineDrift)
      .values(rows.slice(from, from + 1_000))
      .onConflictDoUpdate({
        target: [
          engineDrift.workerId,
          engineDrift.runnerId,
          engineDrift.openedAt,
          engineDrift.measure,
          engineDrift.problem,
        ],
        set: { tokens: sql`excluded.tokens`, closedAt: sql`excluded.closed_at` },
      });
  }
}

/** Deletes the counts that nobody will compare or look at any more; what was found in them stays in `engine_drift`. */
export async function forgetEngineCounts(db: Db): Promise<void> {
  await db.delete(engineCount).where(lt(engineCount.openedAt, sql`now() - make_interval(days => ${keptDays})`));
}

const causes: Record<EngineDriftProblem, string> = {
  engine_counted_more:
    "Other clients ask the engine directly, past the gateway: nobody is charged for what they use. Or another installation shares the engine.",
  engine_counted_less:
    "The engine's counters or the usage in its answers are wrong: it was told not to count (vLLM's --disable-log-stats), or a proxy stands before several engines.",
  usage_not_booked:
    "Usage was lost between worker and ledger: both copies of a record were gone at once, or usage events were removed. Usage that still waits for Postgres is found here too, and so are requests that were run again elsewhere because their worker was cut off from Redis.",
  usage_not_served: "Usage events were added or changed by hand, or two workers have the same name.",
};

/** One finding for each way in which the witnesses differ. */
export function toDriftFindings(drifts: readonly EngineDrift[]): LedgerFinding[] {
  return engineDriftProblems.flatMap((problem): LedgerFinding[] => {
    const found = drifts.filter((drift) => drift.problem === problem);
    if (found.length === 0) return [];
    const rows = found.slice(0, rowsShownMax).map(describeDrift);
    return [{ invariant: 6, problem, count: found.length, rows, cause: causes[problem] }];
  });
}

function describeDrift(drift: EngineDrift): string {
  const { workerId, runnerId, engine, openedAt, closedAt, measure, tokens, counted, canary, served, booked } = drift;
  const period = `${openedAt.toISOString().slice(0, 16)} to ${closedAt.toISOString().slice(11, 16)} UTC`;
  const sign = tokens > 0 ? "+" : "";
  return `worker ${workerId}, runner ${runnerId} (${engine}), ${period}: ${sign}${tokens} ${measure} tokens. Its counter grew by ${counted}; heard in answers: ${served}, and ${canary} of canaries; booked: ${booked}`;
}
