CREATE TABLE "engine_count" (
	"worker_id" text NOT NULL,
	"runner_id" text NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"measure" text NOT NULL,
	"closed_at" timestamp (3) with time zone NOT NULL,
	"engine" text NOT NULL,
	"engine_address" text NOT NULL,
	"counted_min" bigint NOT NULL,
	"counted_max" bigint NOT NULL,
	"made_min" bigint NOT NULL,
	"made_max" bigint NOT NULL,
	"served_min" bigint NOT NULL,
	"served_max" bigint NOT NULL,
	"canary" bigint NOT NULL,
	CONSTRAINT "engine_count_worker_id_runner_id_opened_at_measure_pk" PRIMARY KEY("worker_id","runner_id","opened_at","measure")
);
--> statement-breakpoint
CREATE TABLE "engine_drift" (
	"worker_id" text NOT NULL,
	"runner_id" text NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"measure" text NOT NULL,
	"problem" text NOT NULL,
	"closed_at" timestamp (3) with time zone NOT NULL,
	"tokens" bigint NOT NULL,
	"found_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "engine_drift_worker_id_runner_id_opened_at_measure_problem_pk" PRIMARY KEY("worker_id","runner_id","opened_at","measure","problem")
);
--> statement-breakpoint
CREATE INDEX "engine_count_time" ON "engine_count" USING btree ("opened_at");