CREATE TABLE "usage_correction" (
	"request_id" text NOT NULL,
	"admitted_at" timestamp (3) with time zone NOT NULL,
	"ledger_transaction_id" bigint NOT NULL,
	"price_id" text NOT NULL,
	"amount_nano" bigint NOT NULL,
	CONSTRAINT "usage_correction_request_id_ledger_transaction_id_pk" PRIMARY KEY("request_id","ledger_transaction_id"),
	CONSTRAINT "usage_correction_amount" CHECK ("usage_correction"."amount_nano" <> 0)
);
--> statement-breakpoint
ALTER TABLE "usage_hour" ADD COLUMN "correction_nano" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "usage_correction_transaction" ON "usage_correction" USING btree ("ledger_transaction_id");--> statement-breakpoint
CREATE TRIGGER usage_correction_append_only BEFORE UPDATE OR DELETE ON usage_correction FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER usage_correction_no_truncate BEFORE TRUNCATE ON usage_correction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- What an event costs by a price: `rateRecord` of packages/metering, for many events at once. A test holds the two to the same amounts.
CREATE FUNCTION rate_usage(event usage_event, rates price) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN event.status = 'failed' THEN 0
		WHEN event.status = 'cancelled' AND event.prompt_tokens + event.completion_tokens + event.speech_characters = 0 THEN 0
		WHEN event.lane = 'batch' THEN div(total * (10000 - rates.batch_discount_basis_points), 10000)::bigint
		ELSE total::bigint
	END FROM (SELECT
		(event.prompt_tokens - event.cached_tokens)::numeric * rates.input_nano
			+ event.cached_tokens::numeric * rates.cache_read_nano
			+ event.completion_tokens::numeric * rates.output_nano
			+ event.speech_characters::numeric * rates.character_nano
			+ rates.request_nano AS total
	) sums
$$;
--> statement-breakpoint
-- A model's requests that were admitted in a period, with what they are charged now and what they would be charged: by `of_price`, or, where that is null, by the price that the
-- book has for their moment today. Where the book has none, `new_nano` is null.
CREATE FUNCTION rerated_usage(of_model text, from_time timestamptz, to_time timestamptz, of_price text, of_account text) RETURNS TABLE (request_id text, admitted_at timestamptz, account_id text, price_id text, old_nano bigint, new_nano bigint) LANGUAGE sql STABLE AS $$
	SELECT e.request_id, e.admitted_at, e.account_id, (p.rates).id, e.charge_nano + coalesce(c.amount_nano, 0)::bigint, rate_usage(e, p.rates)
	FROM usage_event e
	LEFT JOIN LATERAL (
		SELECT candidate AS rates FROM price candidate
		WHERE candidate.model = e.model AND CASE WHEN of_price IS NULL THEN candidate.valid_from <= e.admitted_at ELSE candidate.id = of_price END
		ORDER BY candidate.valid_from DESC, candidate.revision DESC LIMIT 1
	) p ON true
	LEFT JOIN LATERAL (SELECT sum(amount_nano) AS amount_nano FROM usage_correction WHERE usage_correction.request_id = e.request_id) c ON true
	WHERE e.model = of_model AND e.admitted_at >= from_time AND e.admitted_at < to_time AND (of_account IS NULL OR e.account_id = of_account)
$$;
--> statement-breakpoint
-- Books the difference between what an account's requests are charged and what `rerated_usage` says: one ledger transaction of kind `correction`, one row of usage_correction for each
-- request that changes. Booked again, it finds no difference and does nothing; `transaction_id` is then null. A bounded account that has not enough for a higher charge gives what it
-- has, and the rest is written off.
CREATE FUNCTION correct_usage(account text, of_model text, from_time timestamptz, to_time timestamptz, of_price text, author text, reason text, reference text, OUT transaction_id bigint, OUT requests bigint, OUT difference bigint) LANGUAGE plpgsql AS $$
DECLARE
	added bigint;
	returned bigint;
	owner purse;
	written_off bigint := 0;
BEGIN
	-- One correction of an account at a time: the second one sees what the first has changed.
	PERFORM pg_advisory_xact_lock(hashtextextended('correct_usage ' || account, 0));
	transaction_id := nextval('ledger_transaction_id_seq');
	INSERT INTO usage_correction (request_id, admitted_at, ledger_transaction_id, price_id, amount_nano)
	SELECT r.request_id, r.admitted_at, correct_usage.transaction_id, r.price_id, r.new_nano - r.old_nano
	FROM rerated_usage(of_model, from_time, to_time, of_price, account) r WHERE r.new_nano <> r.old_nano;
	GET DIAGNOSTICS requests = ROW_COUNT;
	difference := 0;
	IF requests = 0 THEN
		transaction_id := NULL;
		RETURN;
	END IF;
	SELECT coalesce(sum(c.amount_nano) FILTER (WHERE c.amount_nano > 0), 0)::bigint, coalesce(-sum(c.amount_nano) FILTER (WHERE c.amount_nano < 0), 0)::bigint
	INTO added, returned FROM usage_correction c WHERE c.ledger_transaction_id = correct_usage.transaction_id;
	difference := added - returned;

	-- Purses and then hours, each in one order, as settling does.
	PERFORM 1 FROM purse WHERE account_id = account ORDER BY id FOR UPDATE;
	SELECT * INTO owner FROM purse WHERE id = account;
	IF owner.bounded AND difference > 0 THEN
		written_off := difference - least(difference, greatest(owner.balance_nano - owner.leased_nano, 0));
	END IF;
	UPDATE purse SET balance_nano = balance_nano - difference + written_off, updated_at = clock_timestamp() WHERE id = account;
	-- As `fill_key_purse` counts: whatever the keys of a rotation used in the period.
	UPDATE purse SET balance_nano = balance_nano - changed.amount_nano, updated_at = clock_timestamp()
	FROM (
		SELECT purse_id, sum(c.amount_nano)::bigint AS amount_nano
		FROM usage_correction c JOIN usage_event e USING (request_id, admitted_at) LEFT JOIN api_key k ON k.id = e.key_id,
			concat(coalesce(k.first_key_id, e.key_id)) AS first_key,
			unnest(ARRAY[
				first_key || to_char(e.admitted_at AT TIME ZONE 'UTC', '":day:"YYYY-MM-DD'),
				first_key || to_char(e.admitted_at AT TIME ZONE 'UTC', '":month:"YYYY-MM'),
				first_key || ':total'
			]) AS purse_id
		WHERE c.ledger_transaction_id = correct_usage.transaction_id GROUP BY 1
	) changed WHERE id = changed.purse_id AND account_id = account AND kind <> 'account';

	PERFORM 1 FROM usage_hour h WHERE h.account_id = account AND h.model = of_model AND h.hour >= date_trunc('hour', from_time, 'UTC') AND h.hour < to_time
	ORDER BY h.hour, h.account_id, h.key_id, h.model FOR UPDATE;
	UPDATE usage_hour h SET correction_nano = h.correction_nano + changed.amount_nano
	FROM (
		SELECT date_trunc('hour', e.admitted_at, 'UTC') AS hour, e.key_id, sum(c.amount_nano)::bigint AS amount_nano
		FROM usage_correction c JOIN usage_event e USING (request_id, admitted_at)
		WHERE c.ledger_transaction_id = correct_usage.transaction_id GROUP BY 1, 2
	) changed WHERE h.hour = changed.hour AND h.account_id = account AND h.key_id = changed.key_id AND h.model = of_model;

	-- What was added and what was returned apart: also a correction that comes to nothing in sum is on the books.
	PERFORM post_ledger(
		account, 'correction', author, reason, reference,
		jsonb_build_array(
			jsonb_build_array('credit', written_off - difference),
			jsonb_build_array('write_off', -written_off),
			jsonb_build_array('revenue', added),
			jsonb_build_array('revenue', -returned)
		),
		transaction_id
	);
END $$;
--> statement-breakpoint
-- As before, corrections included.
CREATE OR REPLACE FUNCTION fill_key_purse(purse_of text, first_key text, kind_of text, since timestamptz, until timestamptz, budget_known bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	owner text;
	budget bigint;
	charged bigint;
BEGIN
	SELECT account_id, CASE kind_of WHEN 'key_day' THEN budget_day_nano WHEN 'key_month' THEN budget_month_nano WHEN 'key_total' THEN budget_total_nano END
	INTO owner, budget FROM api_key WHERE id = first_key FOR SHARE;
	INSERT INTO purse (id, account_id, kind, key_id, bounded) VALUES (purse_of, owner, kind_of, first_key, true) ON CONFLICT DO NOTHING;
	PERFORM 1 FROM purse WHERE id = purse_of FOR UPDATE;
	SELECT coalesce(sum(u.charge_nano + u.correction_nano), 0) INTO charged FROM usage_hour u
	WHERE u.account_id = owner AND u.hour >= since AND u.hour < until
		AND u.key_id IN (SELECT k.id FROM api_key k WHERE k.account_id = owner AND first_key IN (k.id, k.first_key_id));
	UPDATE purse SET balance_nano = coalesce(budget, budget_known, 0) - charged, updated_at = clock_timestamp() WHERE id = purse_of;
END $$;
