CREATE INDEX "ledger_entry_write_off" ON "ledger_entry" USING btree ("transaction_id") WHERE "ledger_entry"."book" = 'write_off';
--> statement-breakpoint
-- What was written off, and not taken back since, in the bookings of a model's requests of a period. Where a booking is also about other requests, it counts as a whole.
CREATE FUNCTION written_off_of(account text, of_model text, from_time timestamptz, to_time timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT greatest(coalesce(-sum(e.amount_nano), 0), 0)::bigint
	FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
	WHERE e.book = 'write_off' AND t.account_id = account AND (
		t.kind = 'usage' AND t.id IN (
			SELECT u.ledger_transaction_id FROM usage_event u
			WHERE u.account_id = account AND u.model = of_model AND u.admitted_at >= from_time AND u.admitted_at < to_time
		)
		OR t.kind = 'correction' AND EXISTS (
			SELECT FROM usage_correction c JOIN usage_event u USING (request_id, admitted_at)
			WHERE c.ledger_transaction_id = t.id AND u.model = of_model AND u.admitted_at >= from_time AND u.admitted_at < to_time
		)
	)
$$;
--> statement-breakpoint
-- As before; a lower charge takes back what was written off before it gives credit: an account gets back what it has paid, and a price that was corrected up and down again is no gift.
CREATE OR REPLACE FUNCTION correct_usage(account text, of_model text, from_time timestamptz, to_time timestamptz, of_price text, author text, reason text, reference text, OUT transaction_id bigint, OUT requests bigint, OUT difference bigint) LANGUAGE plpgsql AS $$
DECLARE
	added bigint;
	returned bigint;
	by_hour jsonb;
	by_purse jsonb;
	owner purse;
	-- Negative: what was written off before and need not be any more.
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
	ELSIF difference < 0 THEN
		written_off := -least(-difference, written_off_of(account, of_model, from_time, to_time));
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
--> statement-breakpoint
-- As before; to a postpaid account, too, no more is paid back than it has ahead.
CREATE OR REPLACE FUNCTION move_credit(account text, kind text, against text, amount bigint, author text, reason text, reference text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	repaid bigint := 0;
BEGIN
	PERFORM 1 FROM purse WHERE id = account FOR UPDATE;
	IF NOT FOUND THEN RAISE EXCEPTION 'there is no account %', account USING ERRCODE = 'foreign_key_violation'; END IF;
	IF reference IS NOT NULL AND EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.kind = move_credit.kind AND t.reference = move_credit.reference) THEN
		RETURN NULL;
	END IF;
	IF kind = 'refund' AND (SELECT balance_nano - leased_nano + amount FROM purse WHERE id = account) < 0 THEN
		RAISE EXCEPTION '% has not paid as much ahead', account USING ERRCODE = 'check_violation';
	END IF;
	IF amount > 0 THEN repaid := least(debt_of(account), amount); END IF;
	UPDATE purse SET balance_nano = balance_nano + amount - repaid, updated_at = clock_timestamp() WHERE id = account;
	RETURN post_ledger(account, kind, author, reason, reference, jsonb_build_array(jsonb_build_array('credit', amount - repaid), jsonb_build_array('debt', repaid), jsonb_build_array(against, -amount)));
END $$;
