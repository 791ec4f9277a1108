/**
 * `engine_count`: what an engine's own counters say of a stretch of time, beside what its worker heard in the answers. `engine_drift`: where they, or the usage
 * events, could not be brought together.
 */
import { bigint, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const tokenMeasures = ["prompt", "completion"] as const;
export type TokenMeasure = (typeof tokenMeasures)[number];

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const tokens = (name: string) => bigint(name, { mode: "number" });

/** The stretch is told again and again while it lasts, each time whole. Every pair of columns bounds what is not known exactly. */
export const engineCount = pgTable(
  "engine_count",
  {
    workerId: text("worker_id").notNull(),
    runnerId: text("runner_id").notNull(),
    /** By the worker's clock; of the reading of the counters that it begins with. */
    openedAt: moment("opened_at").notNull(),
    measure: text({ enum: tokenMeasures }).notNull(),
    /** Of the last reading until now. */
    closedAt: moment("closed_at").notNull(),
    engine: text().notNull(),
    /** `host:port`; the host is the worker's where it calls its engine on loopback. */
    engineAddress: text("engine_address").notNull(),
    /** By how much the engine's counter grew. */
    countedMin: tokens("counted_min").notNull(),
    countedMax: tokens("counted_max").notNull(),
    /** What the worker asked the engine for, canaries and failed attempts included, in the engine's way of counting. */
    madeMin: tokens("made_min").notNull(),
    madeMax: tokens("made_max").notNull(),
    /** What usage records should have of it. */
    servedMin: tokens("served_min").notNull(),
    servedMax: tokens("served_max").notNull(),
    /** Of what was made: the worker's own small generations, which are nobody's requests. */
    canary: tokens("canary").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workerId, table.runnerId, table.openedAt, table.measure] }),
    index("engine_count_time").on(table.openedAt),
  ],
);
export type EngineCountRow = typeof engineCount.$inferSelect;

export const engineDriftProblems = [
  "engine_counted_more",
  "engine_counted_less",
  "usage_not_booked",
  "usage_not_served",
] as const;
export type EngineDriftProblem = (typeof engineDriftProblems)[number];

export const engineDrift = pgTable(
  "engine_drift",
  {
    workerId: text("worker_id").notNull(),
    runnerId: text("runner_id").notNull(),
    openedAt: moment("opened_at").notNull(),
    measure: text({ enum: tokenMeasures }).notNull(),
    problem: text({ enum: engineDriftProblems }).notNull(),
    closedAt: moment("closed_at").notNull(),
    /** That cannot be explained: positive where more was made than was metered, negative where less was. */
    tokens: bigint({ mode: "number" }).notNull(),
    foundAt: moment("found_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workerId, table.runnerId, table.openedAt, table.measure, table.problem] })],
);
export type EngineDriftRow = typeof engineDrift.$inferSelect;
