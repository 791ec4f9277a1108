CREATE TABLE "credit_lease" (
	"id" text PRIMARY KEY NOT NULL,
	"purse_id" text NOT NULL,
	"gateway_id" text NOT NULL,
	"amount_nano" bigint NOT NULL,
	"granted_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "credit_lease_amount" CHECK ("credit_lease"."amount_nano" >= 0)
);
--> statement-breakpoint
CREATE TABLE "ledger_entry" (
	"transaction_id" bigint NOT NULL,
	"line" integer NOT NULL,
	"book" text NOT NULL,
	"amount_nano" bigint NOT NULL,
	CONSTRAINT "ledger_entry_transaction_id_line_pk" PRIMARY KEY("transaction_id","line"),
	CONSTRAINT "ledger_entry_amount" CHECK ("ledger_entry"."amount_nano" <> 0)
);
--> statement-breakpoint
CREATE TABLE "ledger_transaction" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"kind" text NOT NULL,
	"author" text NOT NULL,
	"reason" text NOT NULL,
	"reference" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "ledger_transaction_seq" UNIQUE("account_id","seq"),
	CONSTRAINT "ledger_transaction_reference" UNIQUE("kind","reference")
);
--> statement-breakpoint
CREATE TABLE "price" (
	"id" text PRIMARY KEY NOT NULL,
	"model" text NOT NULL,
	"valid_from" timestamp (3) with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"is_free" boolean DEFAULT false NOT NULL,
	"input_nano" bigint DEFAULT 0 NOT NULL,
	"output_nano" bigint DEFAULT 0 NOT NULL,
	"cache_read_nano" bigint DEFAULT 0 NOT NULL,
	"request_nano" bigint DEFAULT 0 NOT NULL,
	"character_nano" bigint DEFAULT 0 NOT NULL,
	"batch_discount_basis_points" integer DEFAULT 0 NOT NULL,
	"author" text NOT NULL,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "price_model_time" UNIQUE("model","valid_from","revision"),
	CONSTRAINT "price_amounts" CHECK (least("price"."input_nano", "price"."output_nano", "price"."cache_read_nano", "price"."request_nano", "price"."character_nano") >= 0),
	CONSTRAINT "price_batch_discount" CHECK ("price"."batch_discount_basis_points" between 0 and 10000),
	CONSTRAINT "price_free" CHECK (not "price"."is_free" or greatest("price"."input_nano", "price"."output_nano", "price"."cache_read_nano", "price"."request_nano", "price"."character_nano") = 0)
);
--> statement-breakpoint
CREATE TABLE "purse" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"kind" text NOT NULL,
	"key_id" text,
	"bounded" boolean NOT NULL,
	"balance_nano" bigint DEFAULT 0 NOT NULL,
	"leased_nano" bigint DEFAULT 0 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "purse_leased" CHECK ("purse"."leased_nano" >= 0),
	CONSTRAINT "purse_available" CHECK ("purse"."kind" <> 'account' or not "purse"."bounded" or "purse"."balance_nano" >= "purse"."leased_nano")
);
--> statement-breakpoint
CREATE TABLE "usage_hour" (
	"hour" timestamp with time zone NOT NULL,
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
	CONSTRAINT "usage_hour_hour_account_id_key_id_model_pk" PRIMARY KEY("hour","account_id","key_id","model")
);
--> statement-breakpoint
-- usage_event, partitioned by the month of admission: a month that is past its retention is dropped as a whole, never row by row.
ALTER TABLE "usage_event" RENAME TO "usage_event_unpartitioned";
--> statement-breakpoint
DROP INDEX "usage_event_account_time";
--> statement-breakpoint
DROP INDEX "usage_event_key_time";
--> statement-breakpoint
CREATE TABLE "usage_event" (
	"request_id" text NOT NULL,
	"account_id" text NOT NULL,
	"key_id" text NOT NULL,
	"model" text NOT NULL,
	"endpoint" text NOT NULL,
	"stream" boolean NOT NULL,
	"status" text NOT NULL,
	"error_code" text,
	"finish_reason" text,
	"prompt_tokens" bigint NOT NULL,
	"cached_tokens" bigint NOT NULL,
	"completion_tokens" bigint NOT NULL,
	"reasoning_tokens" bigint NOT NULL,
	"speech_characters" bigint NOT NULL,
	"usage_source" text NOT NULL,
	"gateway_id" text NOT NULL,
	"worker_id" text,
	"runner_id" text,
	"attempts" integer NOT NULL,
	"failed_attempts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"admitted_at" timestamp (3) with time zone NOT NULL,
	"lane" text DEFAULT 'interactive' NOT NULL,
	"price_id" text,
	"charge_nano" bigint DEFAULT 0 NOT NULL,
	"holds" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"ledger_transaction_id" bigint,
	"queue_ms" bigint,
	"ttft_ms" bigint,
	"total_ms" bigint NOT NULL,
	"settled_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_event_request_id_admitted_at_pk" PRIMARY KEY("request_id","admitted_at"),
	CONSTRAINT "usage_event_counts" CHECK (least("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "speech_characters", "attempts", "total_ms", "charge_nano") >= 0)
) PARTITION BY RANGE ("admitted_at");
--> statement-breakpoint
CREATE INDEX "usage_event_account_time" ON "usage_event" USING btree ("account_id","admitted_at");
--> statement-breakpoint
CREATE INDEX "usage_event_key_time" ON "usage_event" USING btree ("key_id","admitted_at");
--> statement-breakpoint
-- What no month has been made for: nothing is ever refused. Empty in normal life.
CREATE TABLE "usage_event_default" PARTITION OF "usage_event" DEFAULT;
--> statement-breakpoint
-- Makes the partition of the month that a moment lies in (UTC). Harmless when it is there.
CREATE FUNCTION ensure_usage_month(moment timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	month_start timestamptz := date_trunc('month', moment, 'UTC');
	month_end timestamptz := (date_trunc('month', moment AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
	name text := 'usage_event_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
	-- Several gateways may start at once.
	PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_month'));
	IF to_regclass(name) IS NULL THEN
		EXECUTE format('CREATE TABLE %I PARTITION OF usage_event FOR VALUES FROM (%L) TO (%L)', name, month_start, month_end);
	END IF;
END $$;
--> statement-breakpoint
SELECT ensure_usage_month(month) FROM (
	SELECT DISTINCT date_trunc('month', admitted_at, 'UTC') AS month FROM usage_event_unpartitioned
	UNION SELECT now() UNION SELECT now() + interval '1 month'
) months;
--> statement-breakpoint
INSERT INTO usage_event (request_id, account_id, key_id, model, endpoint, stream, status, error_code, finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, usage_source, gateway_id, worker_id, runner_id, attempts, failed_attempts, admitted_at, queue_ms, ttft_ms, total_ms, settled_at)
SELECT request_id, account_id, key_id, model, endpoint, stream, status, error_code, finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters, usage_source, gateway_id, worker_id, runner_id, attempts, failed_attempts, admitted_at, queue_ms, ttft_ms, total_ms, settled_at
FROM usage_event_unpartitioned;
--> statement-breakpoint
DROP TABLE usage_event_unpartitioned;
--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "currency" text DEFAULT 'USD' NOT NULL;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "disabled_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "successor_id" text;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "requests_per_minute_max" integer;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "tokens_per_minute_max" integer;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "concurrency_max" integer;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "budget_day_nano" bigint;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "budget_month_nano" bigint;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "budget_total_nano" bigint;
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "allowed_addresses" text[];
--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "content_logging" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
ALTER TABLE "credit_lease" ADD CONSTRAINT "credit_lease_purse_id_purse_id_fk" FOREIGN KEY ("purse_id") REFERENCES "public"."purse"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_transaction_id_ledger_transaction_id_fk" FOREIGN KEY ("transaction_id") REFERENCES "public"."ledger_transaction"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "ledger_transaction" ADD CONSTRAINT "ledger_transaction_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "purse" ADD CONSTRAINT "purse_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "credit_lease_open" ON "credit_lease" USING btree ("expires_at") WHERE "credit_lease"."closed_at" is null;
--> statement-breakpoint
CREATE INDEX "credit_lease_gateway" ON "credit_lease" USING btree ("gateway_id") WHERE "credit_lease"."closed_at" is null;
--> statement-breakpoint
CREATE INDEX "ledger_transaction_time" ON "ledger_transaction" USING btree ("account_id","created_at");
--> statement-breakpoint
CREATE INDEX "purse_account" ON "purse" USING btree ("account_id");
--> statement-breakpoint
CREATE INDEX "usage_hour_account" ON "usage_hour" USING btree ("account_id","hour");
--> statement-breakpoint
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_limits" CHECK (least("api_key"."requests_per_minute_max", "api_key"."tokens_per_minute_max", "api_key"."concurrency_max") > 0 and least("api_key"."budget_day_nano", "api_key"."budget_month_nano", "api_key"."budget_total_nano") >= 0);
--> statement-breakpoint
-- Every account gets its purse; those that exist have used nothing yet that was charged.
INSERT INTO purse (id, account_id, kind, bounded) SELECT id, id, 'account', kind = 'prepaid' FROM account;
--> statement-breakpoint
CREATE FUNCTION make_account_purse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO purse (id, account_id, kind, bounded) VALUES (NEW.id, NEW.id, 'account', NEW.kind = 'prepaid');
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER account_has_purse AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION make_account_purse();
--> statement-breakpoint
-- Usage that was recorded before there were roll-ups.
INSERT INTO usage_hour (hour, account_id, key_id, model, requests, failed_requests, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, speech_characters)
SELECT date_trunc('hour', admitted_at, 'UTC'), account_id, key_id, model, count(*), count(*) FILTER (WHERE status = 'failed'), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(speech_characters)
FROM usage_event GROUP BY 1, 2, 3, 4;
--> statement-breakpoint
-- The ledger and what it is made of are only ever added to.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only: % is not possible', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_transaction_no_truncate BEFORE TRUNCATE ON ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER usage_event_append_only BEFORE UPDATE OR DELETE ON usage_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER price_append_only BEFORE UPDATE OR DELETE ON price FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Looked at when the transaction commits: all its entries are there then.
CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	total numeric;
BEGIN
	SELECT sum(amount_nano) INTO total FROM ledger_entry WHERE transaction_id = NEW.id;
	IF total IS DISTINCT FROM 0 THEN
		RAISE EXCEPTION 'ledger transaction % sums to %, not to 0', NEW.id, coalesce(total::text, 'nothing') USING ERRCODE = 'check_violation';
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER ledger_transaction_balances AFTER INSERT ON ledger_transaction DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_balance();
--> statement-breakpoint
-- The hash of a ledger transaction: SHA-256 over the previous hash and the text below, whose fields are separated by newlines. `tera doctor --ledger` computes it anew.
CREATE FUNCTION ledger_hash(previous bytea, account text, seq bigint, kind text, author text, reason text, reference text, created timestamptz, entries text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT sha256(previous || convert_to(concat_ws(E'\n', account, seq, kind, author, reason, coalesce(reference, ''), (extract(epoch FROM created) * 1000)::bigint, entries), 'UTF8'))
$$;
--> statement-breakpoint
-- Books one ledger transaction of an account. `entries` is [[book, amount], ...] in their order; zero amounts are left out. The caller holds the lock of the account's purse, so
-- that the chain has no forks, and keeps its balance.
CREATE FUNCTION post_ledger(account text, kind text, author text, reason text, reference text, entries jsonb, transaction_id bigint DEFAULT nextval('ledger_transaction_id_seq')) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	last_seq bigint;
	last_hash bytea;
	created timestamptz(3) := clock_timestamp();
	lines jsonb;
BEGIN
	SELECT t.seq, t.hash INTO last_seq, last_hash FROM ledger_transaction t WHERE t.account_id = account ORDER BY t.seq DESC LIMIT 1;
	SELECT jsonb_agg(jsonb_build_array(e->>0, e->>1)) INTO lines FROM jsonb_array_elements(entries) e WHERE (e->>1)::bigint <> 0;
	INSERT INTO ledger_transaction VALUES (
		transaction_id, account, coalesce(last_seq, 0) + 1, kind, author, reason, reference, created, coalesce(last_hash, ''::bytea),
		ledger_hash(coalesce(last_hash, ''::bytea), account, coalesce(last_seq, 0) + 1, kind, author, reason, reference, created, lines::text)
	);
	INSERT INTO ledger_entry SELECT transaction_id, n, e->>0, (e->>1)::bigint FROM jsonb_array_elements(lines) WITH ORDINALITY AS l(e, n);
	RETURN transaction_id;
END $$;
--> statement-breakpoint
-- Settles a batch of usage: events, charges, ledger and roll-ups, all or nothing. `batch` is an array of objects with the columns of usage_event; the charges were worked out by
-- the caller. An event whose request is there already changes nothing.
--
-- A charge is taken from the lease that its request was admitted against, then from what the purse has available; what is left then is written off: an account that is bounded
-- never goes below zero. A key's purse may: it is a budget, and its account has paid.
CREATE FUNCTION settle_usage(batch jsonb, author text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	events usage_event[];
	posting record;
	part record;
	owner purse;
	leased bigint;
	rest bigint;
	covered bigint;
	written_off bigint;
BEGIN
	-- The purses first, in one order for everybody: two batches then wait for each other and cannot deadlock.
	PERFORM 1 FROM purse WHERE id IN (
		SELECT h->>'purseId' FROM jsonb_array_elements(batch) e, jsonb_array_elements(e->'holds') h
	) ORDER BY id FOR UPDATE;

	WITH transaction_ids AS MATERIALIZED (
		SELECT account_id, nextval('ledger_transaction_id_seq') AS id
		FROM (SELECT DISTINCT e->>'account_id' AS account_id FROM jsonb_array_elements(batch) e WHERE (e->>'charge_nano')::bigint > 0) charged
	), inserted AS (
		INSERT INTO usage_event SELECT (jsonb_populate_record(NULL::usage_event, e || jsonb_build_object(
			'settled_at', clock_timestamp(),
			'ledger_transaction_id', CASE WHEN (e->>'charge_nano')::bigint > 0 THEN t.id END
		))).*
		FROM jsonb_array_elements(batch) e LEFT JOIN transaction_ids t ON t.account_id = e->>'account_id'
		ON CONFLICT DO NOTHING RETURNING *
	)
	SELECT array_agg(i::usage_event) INTO events FROM inserted i;
	IF events IS NULL THEN RETURN; END IF;

	FOR posting IN
		SELECT e.account_id, e.ledger_transaction_id AS id, count(*) AS requests, sum(e.charge_nano)::bigint AS charge
		FROM unnest(events) e WHERE e.charge_nano > 0 GROUP BY 1, 2 ORDER BY 1
	LOOP
		written_off := 0;
		FOR part IN
			SELECT h->>'purseId' AS purse_id, h->>'leaseId' AS lease_id, sum(e.charge_nano)::bigint AS charge
			FROM unnest(events) e, jsonb_array_elements(e.holds) h
			WHERE e.account_id = posting.account_id AND e.charge_nano > 0 GROUP BY 1, 2 ORDER BY 1, 2
		LOOP
			UPDATE credit_lease l SET amount_nano = l.amount_nano - least(l.amount_nano, part.charge)
			FROM (SELECT id, amount_nano AS before FROM credit_lease WHERE id = part.lease_id AND purse_id = part.purse_id FOR UPDATE) o
			WHERE l.id = o.id RETURNING o.before - l.amount_nano INTO leased;
			leased := coalesce(leased, 0);
			rest := part.charge - leased;
			SELECT * INTO owner FROM purse WHERE id = part.purse_id;
			covered := rest;
			IF owner.kind = 'account' AND owner.bounded THEN
				covered := least(rest, greatest(owner.balance_nano - owner.leased_nano, 0));
				written_off := written_off + rest - covered;
			END IF;
			UPDATE purse SET balance_nano = balance_nano - leased - covered, leased_nano = leased_nano - leased, updated_at = clock_timestamp()
			WHERE id = part.purse_id;
		END LOOP;
		PERFORM post_ledger(
			posting.account_id, 'usage', author, posting.requests || ' requests', NULL,
			jsonb_build_array(
				jsonb_build_array('credit', written_off - posting.charge),
				jsonb_build_array('write_off', -written_off),
				jsonb_build_array('revenue', posting.charge)
			),
			posting.id
		);
	END LOOP;

	INSERT INTO usage_hour AS h
	SELECT date_trunc('hour', e.admitted_at, 'UTC'), e.account_id, e.key_id, e.model, count(*), count(*) FILTER (WHERE e.status = 'failed'),
		sum(e.prompt_tokens), sum(e.cached_tokens), sum(e.completion_tokens), sum(e.reasoning_tokens), sum(e.speech_characters), sum(e.charge_nano)
	FROM unnest(events) e GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
	ON CONFLICT (hour, account_id, key_id, model) DO UPDATE SET
		requests = h.requests + excluded.requests,
		failed_requests = h.failed_requests + excluded.failed_requests,
		prompt_tokens = h.prompt_tokens + excluded.prompt_tokens,
		cached_tokens = h.cached_tokens + excluded.cached_tokens,
		completion_tokens = h.completion_tokens + excluded.completion_tokens,
		reasoning_tokens = h.reasoning_tokens + excluded.reasoning_tokens,
		speech_characters = h.speech_characters + excluded.speech_characters,
		charge_nano = h.charge_nano + excluded.charge_nano;
END $$;
--> statement-breakpoint
-- Takes credit out of a purse into a lease, which is made or enlarged: `wanted` while there is plenty of it, exactly `needed` when there is not, so that the last of it is not
-- held by one gateway while another needs it. Returns what was granted, 0 when there is not enough, whether it is scarce, and what was available before.
-- A lease that is closed is never opened again: nothing is granted then, and `lost` is true.
CREATE FUNCTION take_credit(purse_of text, lease text, gateway text, needed bigint, wanted bigint, term_ms bigint, OUT granted bigint, OUT scarce boolean, OUT available bigint, OUT lost boolean) LANGUAGE plpgsql AS $$
BEGIN
	SELECT balance_nano - leased_nano INTO available FROM purse WHERE id = purse_of FOR UPDATE;
	available := coalesce(available, 0);
	lost := EXISTS (SELECT 1 FROM credit_lease WHERE id = lease AND (closed_at IS NOT NULL OR expires_at < clock_timestamp()));
	scarce := available < 8 * wanted;
	granted := CASE WHEN lost OR available < needed THEN 0 WHEN scarce THEN needed ELSE greatest(wanted, needed) END;
	IF granted <= 0 THEN RETURN; END IF;
	INSERT INTO credit_lease AS l (id, purse_id, gateway_id, amount_nano, expires_at)
	VALUES (lease, purse_of, gateway, granted, clock_timestamp() + term_ms * interval '1 millisecond')
	ON CONFLICT (id) DO UPDATE SET amount_nano = l.amount_nano + excluded.amount_nano, expires_at = excluded.expires_at;
	UPDATE purse SET leased_nano = leased_nano + granted, updated_at = clock_timestamp() WHERE id = purse_of;
END $$;
--> statement-breakpoint
-- Gives back part of a lease, or, with a null amount, closes it with all that is in it. Returns what was given back.
CREATE FUNCTION return_credit(lease text, amount bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	owner text;
	returned bigint;
BEGIN
	-- The purse before the lease, as everybody does.
	SELECT purse_id INTO owner FROM credit_lease WHERE id = lease;
	PERFORM 1 FROM purse WHERE id = owner FOR UPDATE;
	SELECT least(coalesce(amount, amount_nano), amount_nano) INTO returned FROM credit_lease WHERE id = lease AND closed_at IS NULL FOR UPDATE;
	IF returned IS NULL THEN RETURN 0; END IF;
	UPDATE credit_lease SET amount_nano = amount_nano - returned, closed_at = CASE WHEN amount IS NULL THEN clock_timestamp() END WHERE id = lease;
	UPDATE purse SET leased_nano = leased_nano - returned, updated_at = clock_timestamp() WHERE id = owner;
	RETURN returned;
END $$;
--> statement-breakpoint
-- Money in or out of an account by hand, by payment or by correction: moves the balance and books it. With a reference that was booked before for this kind, it changes nothing and
-- returns null: a payment that is reported twice is booked once. A bounded account is not taken below what is in leases.
CREATE FUNCTION move_credit(account text, kind text, against text, amount bigint, author text, reason text, reference text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM 1 FROM purse WHERE id = account FOR UPDATE;
	IF NOT FOUND THEN RAISE EXCEPTION 'there is no account %', account USING ERRCODE = 'foreign_key_violation'; END IF;
	IF reference IS NOT NULL AND EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.kind = move_credit.kind AND t.reference = move_credit.reference) THEN
		RETURN NULL;
	END IF;
	UPDATE purse SET balance_nano = balance_nano + amount, updated_at = clock_timestamp() WHERE id = account;
	RETURN post_ledger(account, kind, author, reason, reference, jsonb_build_array(jsonb_build_array('credit', amount), jsonb_build_array(against, -amount)));
END $$;
