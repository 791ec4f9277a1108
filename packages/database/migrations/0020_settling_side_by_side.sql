-- The entries of a ledger transaction come in one statement with it, and are looked at once for that statement: row by row, at 400 accounts in a batch, it was a sixth of what settling does
-- while it holds purses. Nothing that was refused is taken now, and one thing more is refused: entries that are added to an older transaction and do not sum to zero by themselves.
ALTER TABLE "ledger_entry" DROP CONSTRAINT "ledger_entry_transaction_id_ledger_transaction_id_fk";
--> statement-breakpoint
DROP TRIGGER ledger_transaction_balances ON ledger_transaction;
--> statement-breakpoint
DROP FUNCTION require_balance();
--> statement-breakpoint
-- After entries were added: those of each transaction sum to zero, and it is there. (It stays: the ledger is append-only.)
CREATE FUNCTION require_balanced_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	bad record;
	ids bigint[];
BEGIN
	SELECT a.transaction_id AS id, sum(a.amount_nano) AS total INTO bad FROM added a GROUP BY 1 HAVING sum(a.amount_nano) <> 0 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'ledger transaction % sums to %, not to 0', bad.id, bad.total USING ERRCODE = 'check_violation';
	END IF;
	-- As an array, because Postgres knows no number of `added` and would read the whole table.
	SELECT array_agg(DISTINCT a.transaction_id) INTO ids FROM added a;
	IF (SELECT count(*) FROM ledger_transaction t WHERE t.id = ANY (ids)) <> cardinality(ids) THEN
		RAISE EXCEPTION 'ledger entries of a transaction that is not there' USING ERRCODE = 'foreign_key_violation';
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- After transactions were added: none is without entries.
CREATE FUNCTION require_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	ids bigint[];
BEGIN
	SELECT array_agg(a.id) INTO ids FROM added a;
	IF (SELECT count(DISTINCT e.transaction_id) FROM ledger_entry e WHERE e.transaction_id = ANY (ids)) <> coalesce(cardinality(ids), 0) THEN
		RAISE EXCEPTION 'a ledger transaction sums to nothing, not to 0: its entries come in one statement with it' USING ERRCODE = 'check_violation';
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION require_balanced_entries();
--> statement-breakpoint
CREATE TRIGGER ledger_transaction_balances AFTER INSERT ON ledger_transaction REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION require_entries();
--> statement-breakpoint
-- As before, side by side: the events are added before the purses are locked, which is a third of the work and touches nothing that another batch waits for, unless both have the same
-- request. The order is the same for everybody: events by request, purses, leases, hours, days.
CREATE OR REPLACE FUNCTION settle_usage(batch jsonb, author text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	settled usage_event[];
	purse_ids text[];
	lease_ids text[];
	postings jsonb;
BEGIN
	WITH event AS MATERIALIZED (
		SELECT * FROM jsonb_populate_recordset(NULL::usage_event, batch)
	), posting AS MATERIALIZED (
		SELECT account_id, nextval('ledger_transaction_id_seq') AS id
		FROM (SELECT DISTINCT account_id FROM event WHERE charge_nano > 0) charged
	), inserted AS (
		INSERT INTO usage_event AS u (
			request_id, account_id, key_id, model, endpoint, stream, status, error_code, finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
			speech_characters, usage_source, gateway_id, worker_id, runner_id, attempts, failed_attempts, admitted_at, lane, price_id, charge_nano, holds,
			ledger_transaction_id, queue_ms, ttft_ms, total_ms, settled_at
		)
		SELECT
			e.request_id, e.account_id, e.key_id, e.model, e.endpoint, e.stream, e.status, e.error_code, e.finish_reason, e.prompt_tokens, e.cached_tokens, e.completion_tokens, e.reasoning_tokens,
			e.speech_characters, e.usage_source, e.gateway_id, e.worker_id, e.runner_id, e.attempts, e.failed_attempts, e.admitted_at, e.lane, e.price_id, e.charge_nano, e.holds,
			CASE WHEN e.charge_nano > 0 THEN p.id END, e.queue_ms, e.ttft_ms, e.total_ms, clock_timestamp()
		FROM event e LEFT JOIN posting p USING (account_id) ORDER BY e.request_id
		ON CONFLICT DO NOTHING
		RETURNING u.*
	)
	SELECT array_agg(i::usage_event) INTO settled FROM inserted i;
	IF settled IS NULL THEN RETURN; END IF;

	-- In one order for everybody: two batches then wait for each other and cannot deadlock. What follows sees what the one before committed.
	SELECT array_agg(DISTINCT h->>'purseId'), array_agg(DISTINCT h->>'leaseId') INTO purse_ids, lease_ids
	FROM unnest(settled) e, jsonb_array_elements(e.holds) h WHERE e.charge_nano > 0;
	PERFORM 1 FROM purse WHERE id = ANY (purse_ids) ORDER BY id FOR UPDATE;
	PERFORM 1 FROM credit_lease WHERE id = ANY (lease_ids) ORDER BY id FOR UPDATE;

	WITH inserted AS MATERIALIZED (
		SELECT account_id, key_id, model, status, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, admitted_at, charge_nano, holds, ledger_transaction_id
		FROM unnest(settled)
	), rolled_up AS (
		INSERT INTO usage_hour AS h (hour, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, charge_nano)
		SELECT date_trunc('hour', i.admitted_at, 'UTC'), i.account_id, i.key_id, i.model, count(*), count(*) FILTER (WHERE i.status = 'failed'),
			sum(i.prompt_tokens), sum(i.cached_tokens), sum(i.completion_tokens), sum(i.reasoning_tokens), sum(i.speech_characters), sum(i.charge_nano)
		FROM inserted i GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
		ON CONFLICT (hour, account_id, key_id, model) DO UPDATE SET
			requests = h.requests + excluded.requests,
			failed_requests = h.failed_requests + excluded.failed_requests,
			prompt_tokens = h.prompt_tokens + excluded.prompt_tokens,
			cached_tokens = h.cached_tokens + excluded.cached_tokens,
			completion_tokens = h.completion_tokens + excluded.completion_tokens,
			reasoning_tokens = h.reasoning_tokens + excluded.reasoning_tokens,
			speech_characters = h.speech_characters + excluded.speech_characters,
			charge_nano = h.charge_nano + excluded.charge_nano
	), part AS (
		SELECT h->>'purseId' AS purse_id, h->>'leaseId' AS lease_id, sum(i.charge_nano)::bigint AS charge
		FROM inserted i, jsonb_array_elements(i.holds) h WHERE i.charge_nano > 0 GROUP BY 1, 2
	), leased AS (
		SELECT p.purse_id, p.lease_id, p.charge, least(coalesce(l.amount_nano, 0), p.charge) AS amount
		FROM part p LEFT JOIN (SELECT id, purse_id, amount_nano FROM credit_lease WHERE id = ANY (lease_ids)) l ON l.id = p.lease_id AND l.purse_id = p.purse_id
	), lease_spent AS (
		UPDATE credit_lease l SET amount_nano = l.amount_nano - s.amount FROM leased s WHERE l.id = s.lease_id AND l.id = ANY (lease_ids) AND s.amount > 0
	), owed AS (
		SELECT purse_id, sum(amount)::bigint AS leased, sum(charge - amount)::bigint AS rest FROM leased GROUP BY 1
	), paid AS (
		SELECT w.id, o.leased, o.rest, CASE WHEN w.kind = 'account' AND w.bounded THEN least(o.rest, greatest(w.balance_nano - w.leased_nano, 0)) ELSE o.rest END AS covered
		FROM owed o JOIN (SELECT * FROM purse WHERE id = ANY (purse_ids)) w ON w.id = o.purse_id
	), purse_spent AS (
		UPDATE purse w SET balance_nano = w.balance_nano - p.leased - p.covered, leased_nano = w.leased_nano - p.leased, updated_at = clock_timestamp()
		FROM paid p WHERE w.id = p.id
	), charged AS (
		SELECT i.account_id, i.ledger_transaction_id AS id, count(*) AS requests, sum(i.charge_nano)::bigint AS charge FROM inserted i WHERE i.charge_nano > 0 GROUP BY 1, 2
	)
	SELECT jsonb_agg(jsonb_build_object(
		'id', c.id, 'account', c.account_id, 'kind', 'usage', 'author', author, 'reason', c.requests || ' requests',
		'entries', jsonb_build_array(
			jsonb_build_array('credit', coalesce(p.rest - p.covered, 0) - c.charge),
			jsonb_build_array('write_off', coalesce(p.covered - p.rest, 0)),
			jsonb_build_array('revenue', c.charge)
		)
	)) INTO postings
	FROM charged c LEFT JOIN paid p ON p.id = c.account_id;

	IF postings IS NOT NULL THEN PERFORM post_ledger_batch(postings); END IF;
END $$;
