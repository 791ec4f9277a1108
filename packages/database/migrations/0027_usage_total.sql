CREATE TABLE "usage_total" (
	"hour" timestamp with time zone NOT NULL,
	"model" text NOT NULL,
	"requests" bigint DEFAULT 0 NOT NULL,
	"failed_requests" bigint DEFAULT 0 NOT NULL,
	"prompt_tokens" bigint DEFAULT 0 NOT NULL,
	"cached_tokens" bigint DEFAULT 0 NOT NULL,
	"completion_tokens" bigint DEFAULT 0 NOT NULL,
	"reasoning_tokens" bigint DEFAULT 0 NOT NULL,
	"speech_characters" bigint DEFAULT 0 NOT NULL,
	"charge_nano" bigint DEFAULT 0 NOT NULL,
	"correction_nano" bigint DEFAULT 0 NOT NULL,
	"part" integer NOT NULL,
	CONSTRAINT "usage_total_hour_model_part_pk" PRIMARY KEY("hour","model","part")
);
--> statement-breakpoint
CREATE INDEX "usage_day_key" ON "usage_day" USING btree ("key_id","day");--> statement-breakpoint
CREATE INDEX "usage_day_time" ON "usage_day" USING brin ("day");
--> statement-breakpoint
ALTER TABLE usage_total SET (fillfactor = 70);
--> statement-breakpoint
-- Nobody settles between this and the new triggers.
LOCK TABLE usage_hour IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
INSERT INTO usage_total (hour, model, part, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
SELECT hour, model, 0, sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano) FROM usage_hour GROUP BY 1, 2;
--> statement-breakpoint
-- As before, and over all accounts. A row for each process that writes: two that write the same hour and model do not wait for each other, in whatever order they come.
CREATE OR REPLACE FUNCTION roll_up_added_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO usage_day AS d (day, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
	SELECT date_trunc('day', hour, 'UTC'), account_id, key_id, model, sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano)
	FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
	ON CONFLICT (day, account_id, key_id, model) DO UPDATE SET
		requests = d.requests + excluded.requests,
		failed_requests = d.failed_requests + excluded.failed_requests,
		prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
		cached_tokens = d.cached_tokens + excluded.cached_tokens,
		completion_tokens = d.completion_tokens + excluded.completion_tokens,
		reasoning_tokens = d.reasoning_tokens + excluded.reasoning_tokens,
		speech_characters = d.speech_characters + excluded.speech_characters,
		charge_nano = d.charge_nano + excluded.charge_nano,
		correction_nano = d.correction_nano + excluded.correction_nano;
	INSERT INTO usage_total AS t (hour, model, part, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
	SELECT hour, model, pg_backend_pid(), sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano)
	FROM added GROUP BY 1, 2 ORDER BY 1, 2
	ON CONFLICT (hour, model, part) DO UPDATE SET
		requests = t.requests + excluded.requests,
		failed_requests = t.failed_requests + excluded.failed_requests,
		prompt_tokens = t.prompt_tokens + excluded.prompt_tokens,
		cached_tokens = t.cached_tokens + excluded.cached_tokens,
		completion_tokens = t.completion_tokens + excluded.completion_tokens,
		reasoning_tokens = t.reasoning_tokens + excluded.reasoning_tokens,
		speech_characters = t.speech_characters + excluded.speech_characters,
		charge_nano = t.charge_nano + excluded.charge_nano,
		correction_nano = t.correction_nano + excluded.correction_nano;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION roll_up_changed_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO usage_day AS d (day, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
	SELECT date_trunc('day', hour, 'UTC'), account_id, key_id, model, sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano)
	FROM (
		SELECT hour, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano FROM new_hours
		UNION ALL SELECT hour, account_id, key_id, model, -requests, -failed_requests, -prompt_tokens, -cached_tokens, -completion_tokens, -reasoning_tokens, -speech_characters, -charge_nano, -correction_nano FROM old_hours
	) changed GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
	ON CONFLICT (day, account_id, key_id, model) DO UPDATE SET
		requests = d.requests + excluded.requests,
		failed_requests = d.failed_requests + excluded.failed_requests,
		prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
		cached_tokens = d.cached_tokens + excluded.cached_tokens,
		completion_tokens = d.completion_tokens + excluded.completion_tokens,
		reasoning_tokens = d.reasoning_tokens + excluded.reasoning_tokens,
		speech_characters = d.speech_characters + excluded.speech_characters,
		charge_nano = d.charge_nano + excluded.charge_nano,
		correction_nano = d.correction_nano + excluded.correction_nano;
	INSERT INTO usage_total AS t (hour, model, part, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
	SELECT hour, model, pg_backend_pid(), sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano)
	FROM (
		SELECT hour, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano FROM new_hours
		UNION ALL SELECT hour, account_id, key_id, model, -requests, -failed_requests, -prompt_tokens, -cached_tokens, -completion_tokens, -reasoning_tokens, -speech_characters, -charge_nano, -correction_nano FROM old_hours
	) changed GROUP BY 1, 2 ORDER BY 1, 2
	ON CONFLICT (hour, model, part) DO UPDATE SET
		requests = t.requests + excluded.requests,
		failed_requests = t.failed_requests + excluded.failed_requests,
		prompt_tokens = t.prompt_tokens + excluded.prompt_tokens,
		cached_tokens = t.cached_tokens + excluded.cached_tokens,
		completion_tokens = t.completion_tokens + excluded.completion_tokens,
		reasoning_tokens = t.reasoning_tokens + excluded.reasoning_tokens,
		speech_characters = t.speech_characters + excluded.speech_characters,
		charge_nano = t.charge_nano + excluded.charge_nano,
		correction_nano = t.correction_nano + excluded.correction_nano;
	RETURN NULL;
END $$;
