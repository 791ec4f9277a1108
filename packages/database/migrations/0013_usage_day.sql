CREATE TABLE "usage_day" (
	"day" timestamp with time zone NOT NULL,
	"account_id" text NOT NULL,
	"key_id" text NOT NULL,
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
	CONSTRAINT "usage_day_day_account_id_key_id_model_pk" PRIMARY KEY("day","account_id","key_id","model")
);
--> statement-breakpoint
CREATE INDEX "usage_day_account" ON "usage_day" USING btree ("account_id","day");--> statement-breakpoint
CREATE INDEX "usage_event_key_trouble" ON "usage_event" USING btree ("key_id","admitted_at") WHERE "usage_event"."status" <> 'succeeded';--> statement-breakpoint
CREATE INDEX "usage_hour_key" ON "usage_hour" USING btree ("key_id","hour");
--> statement-breakpoint
ALTER TABLE usage_day SET (fillfactor = 70);
--> statement-breakpoint
INSERT INTO usage_day (day, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
SELECT date_trunc('day', hour, 'UTC'), account_id, key_id, model, sum(requests), sum(failed_requests), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters), sum(charge_nano), sum(correction_nano) FROM usage_hour GROUP BY 1, 2, 3, 4;
--> statement-breakpoint
-- Whoever writes hours: settling adds to them, re-rating corrects them. Once for a statement, in the order of the hours.
CREATE FUNCTION roll_up_added_hours() RETURNS trigger LANGUAGE plpgsql AS $$
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
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION roll_up_changed_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO usage_day AS d (day, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano, correction_nano)
	SELECT date_trunc('day', hour, 'UTC'), account_id, key_id, model, sum(n.requests - o.requests), sum(n.failed_requests - o.failed_requests), sum(n.prompt_tokens - o.prompt_tokens), sum(n.cached_tokens - o.cached_tokens), sum(n.completion_tokens - o.completion_tokens), sum(n.reasoning_tokens - o.reasoning_tokens), sum(n.speech_characters - o.speech_characters), sum(n.charge_nano - o.charge_nano), sum(n.correction_nano - o.correction_nano)
	FROM new_hours n JOIN old_hours o USING (hour, account_id, key_id, model) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
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
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER usage_hour_added AFTER INSERT ON usage_hour REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION roll_up_added_hours();
--> statement-breakpoint
CREATE TRIGGER usage_hour_changed AFTER UPDATE ON usage_hour REFERENCING OLD TABLE AS old_hours NEW TABLE AS new_hours FOR EACH STATEMENT EXECUTE FUNCTION roll_up_changed_hours();
