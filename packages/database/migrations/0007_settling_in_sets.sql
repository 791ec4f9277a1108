ALTER TABLE "ledger_transaction" DROP CONSTRAINT "ledger_transaction_reference";--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_transaction_reference" ON "ledger_transaction" USING btree ("kind","reference") WHERE "ledger_transaction"."reference" is not null;
--> statement-breakpoint
-- Rows that are written again with every batch: room on their page keeps their indexes out of it.
ALTER TABLE purse SET (fillfactor = 50);
--> statement-breakpoint
ALTER TABLE credit_lease SET (fillfactor = 50);
--> statement-breakpoint
ALTER TABLE usage_hour SET (fillfactor = 70);
--> statement-breakpoint
-- Its parts are not all immutable, and Postgres only inlines what promises no more than its parts do.
ALTER FUNCTION ledger_hash STABLE;
--> statement-breakpoint
-- Books ledger transactions, one of each account at most: `postings` is [{id, account, kind, author, reason, reference, entries}, ...], `entries` [[book, amount], ...] in their order;
-- zero amounts are left out. The caller holds the locks of the accounts' purses, so that the chains have no forks, and keeps their balances.
CREATE FUNCTION post_ledger_batch(postings jsonb) RETURNS void LANGUAGE sql AS $$
	WITH posting AS MATERIALIZED (
		SELECT p.id, p.account, coalesce(last.seq, 0) + 1 AS seq, p.kind, p.author, p.reason, p.reference, clock_timestamp()::timestamptz(3) AS created,
			coalesce(last.hash, ''::bytea) AS previous, lines.list
		FROM jsonb_to_recordset(postings) AS p(id bigint, account text, kind text, author text, reason text, reference text, entries jsonb)
		LEFT JOIN LATERAL (SELECT t.seq, t.hash FROM ledger_transaction t WHERE t.account_id = p.account ORDER BY t.seq DESC LIMIT 1) last ON true
		CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_array(e->>0, e->>1)) AS list FROM jsonb_array_elements(p.entries) e WHERE (e->>1)::bigint <> 0) lines
	), booked AS (
		INSERT INTO ledger_transaction (id, account_id, seq, kind, author, reason, reference, created_at, previous_hash, hash)
		SELECT id, account, seq, kind, author, reason, reference, created, previous, ledger_hash(previous, account, seq, kind, author, reason, reference, created, list::text)
		FROM posting
	)
	INSERT INTO ledger_entry (transaction_id, line, book, amount_nano)
	SELECT p.id, l.n, l.e->>0, (l.e->>1)::bigint FROM posting p, jsonb_array_elements(p.list) WITH ORDINALITY AS l(e, n)
$$;
--> statement-breakpoint
-- Books one ledger transaction, as `post_ledger_batch` does.
CREATE OR REPLACE FUNCTION post_ledger(account text, kind text, author text, reason text, reference text, entries jsonb, transaction_id bigint DEFAULT nextval('ledger_transaction_id_seq')) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM post_ledger_batch(jsonb_build_array(jsonb_build_object(
		'id', transaction_id, 'account', account, 'kind', kind, 'author', author, 'reason', reason, 'reference', reference, 'entries', entries
	)));
	RETURN transaction_id;
END $$;
--> statement-breakpoint
-- As before, for a whole batch at once: each step is one set, and the batch is read once. (Row by row it took 300 us a record, most of it in jsonb_populate_record, which
-- `(f(x)).*` calls once for each column.)
--
-- What an account's own purse, whose id is the account's, cannot cover is written off in the account's posting.
CREATE OR REPLACE FUNCTION settle_usage(batch jsonb, author text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	purse_ids text[];
	lease_ids text[];
	postings jsonb;
BEGIN
	SELECT array_agg(DISTINCT h->>'purseId'), array_agg(DISTINCT h->>'leaseId') INTO purse_ids, lease_ids
	FROM jsonb_array_elements(batch) e, jsonb_array_elements(e->'holds') h;
	-- The purses first, in one order for everybody: two batches then wait for each other and cannot deadlock. What follows sees what the one before committed.
	PERFORM 1 FROM purse WHERE id = ANY (purse_ids) ORDER BY id FOR UPDATE;
	PERFORM 1 FROM credit_lease WHERE id = ANY (lease_ids) ORDER BY id FOR UPDATE;

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
		RETURNING u.account_id, u.key_id, u.model, u.status, u.prompt_tokens, u.cached_tokens, u.completion_tokens, u.reasoning_tokens, u.speech_characters, u.admitted_at, u.charge_nano, u.holds, u.ledger_transaction_id
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
		UPDATE credit_lease l SET amount_nano = l.amount_nano - s.amount FROM leased s WHERE l.id = s.lease_id AND s.amount > 0
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
