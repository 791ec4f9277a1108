-- As before, without a join: of rows of which Postgres knows no number it compared each with each.
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
	RETURN NULL;
END $$;
