-- As before, and with the key of each request.
DROP FUNCTION rerated_usage;
--> statement-breakpoint
CREATE FUNCTION rerated_usage(of_model text, from_time timestamptz, to_time timestamptz, of_price text, of_account text) RETURNS TABLE (request_id text, admitted_at timestamptz, account_id text, key_id text, price_id text, old_nano bigint, new_nano bigint) LANGUAGE sql STABLE AS $$
	SELECT e.request_id, e.admitted_at, e.account_id, e.key_id, (p.rates).id, e.charge_nano + coalesce(c.amount_nano, 0)::bigint, rate_usage(e, p.rates)
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
-- As before, with one look at the requests: what follows works with sums. (Joining the new rows with their events took minutes for 100,000 of them: Postgres knows nothing yet about
-- rows that were added a moment ago, and plans for a few.)
CREATE OR REPLACE FUNCTION correct_usage(account text, of_model text, from_time timestamptz, to_time timestamptz, of_price text, author text, reason text, reference text, OUT transaction_id bigint, OUT requests bigint, OUT difference bigint) LANGUAGE plpgsql AS $$
DECLARE
	added bigint;
	returned bigint;
	by_hour jsonb;
	by_purse jsonb;
	owner purse;
	written_off bigint := 0;
BEGIN
	-- One correction of an account at a time: the second one sees what the first has changed.
	PERFORM pg_advisory_xact_lock(hashtextextended('correct_usage ' || account, 0));
	transaction_id := nextval('ledger_transaction_id_seq');
	WITH changed AS MATERIALIZED (
		SELECT r.request_id, r.admitted_at, r.key_id, r.price_id, r.new_nano - r.old_nano AS amount_nano
		FROM rerated_usage(of_model, from_time, to_time, of_price, account) r WHERE r.new_nano <> r.old_nano
	), inserted AS (
		INSERT INTO usage_correction (request_id, admitted_at, ledger_transaction_id, price_id, amount_nano)
		SELECT c.request_id, c.admitted_at, correct_usage.transaction_id, c.price_id, c.amount_nano FROM changed c
	), hours AS MATERIALIZED (
		SELECT date_trunc('hour', c.admitted_at, 'UTC') AS hour, c.key_id, sum(c.amount_nano)::bigint AS amount_nano FROM changed c GROUP BY 1, 2
	), purses AS (
		-- As `fill_key_purse` counts: whatever the keys of a rotation used in the period.
		SELECT purse_id, sum(h.amount_nano)::bigint AS amount_nano
		FROM hours h LEFT JOIN api_key k ON k.id = h.key_id,
			concat(coalesce(k.first_key_id, h.key_id)) AS first_key,
			unnest(ARRAY[
				first_key || to_char(h.hour AT TIME ZONE 'UTC', '":day:"YYYY-MM-DD'),
				first_key || to_char(h.hour AT TIME ZONE 'UTC', '":month:"YYYY-MM'),
				first_key || ':total'
			]) AS purse_id
		GROUP BY 1
	)
	SELECT count(*), coalesce(sum(c.amount_nano) FILTER (WHERE c.amount_nano > 0), 0)::bigint, coalesce(-sum(c.amount_nano) FILTER (WHERE c.amount_nano < 0), 0)::bigint,
		(SELECT jsonb_agg(to_jsonb(h)) FROM hours h), (SELECT jsonb_agg(to_jsonb(p)) FROM purses p)
	INTO requests, added, returned, by_hour, by_purse FROM changed c;
	difference := added - returned;
	IF requests = 0 THEN
		transaction_id := NULL;
		RETURN;
	END IF;

	-- Purses and then hours, each in one order, as settling does.
	PERFORM 1 FROM purse WHERE account_id = account ORDER BY id FOR UPDATE;
	SELECT * INTO owner FROM purse WHERE id = account;
	IF owner.bounded AND difference > 0 THEN
		written_off := difference - least(difference, greatest(owner.balance_nano - owner.leased_nano, 0));
	END IF;
	UPDATE purse SET balance_nano = balance_nano - difference + written_off, updated_at = clock_timestamp() WHERE id = account;
	UPDATE purse p SET balance_nano = p.balance_nano - changed.amount_nano, updated_at = clock_timestamp()
	FROM jsonb_to_recordset(by_purse) AS changed(purse_id text, amount_nano bigint)
	WHERE p.id = changed.purse_id AND p.account_id = account AND p.kind <> 'account';

	PERFORM 1 FROM usage_hour h WHERE h.account_id = account AND h.model = of_model AND h.hour >= date_trunc('hour', from_time, 'UTC') AND h.hour < to_time
	ORDER BY h.hour, h.account_id, h.key_id, h.model FOR UPDATE;
	UPDATE usage_hour h SET correction_nano = h.correction_nano + changed.amount_nano
	FROM jsonb_to_recordset(by_hour) AS changed(hour timestamptz, key_id text, amount_nano bigint)
	WHERE h.hour = changed.hour AND h.account_id = account AND h.key_id = changed.key_id AND h.model = of_model;

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
