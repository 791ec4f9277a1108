CREATE TABLE "usage_month_dropped" (
	"month" text PRIMARY KEY NOT NULL,
	"events" bigint NOT NULL,
	"charge_nano" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"author" text NOT NULL,
	"dropped_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "usage_event_time" ON "usage_event" USING btree ("admitted_at");--> statement-breakpoint
CREATE INDEX "usage_event_trouble" ON "usage_event" USING btree ("account_id","admitted_at") WHERE "usage_event"."status" <> 'succeeded';
--> statement-breakpoint
CREATE TRIGGER usage_month_dropped_append_only BEFORE UPDATE OR DELETE ON usage_month_dropped FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER usage_month_dropped_no_truncate BEFORE TRUNCATE ON usage_month_dropped FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Makes the partitions of this month and of those `ahead`, and moves events that lie in the default partition to the months that they belong to, those of the last two years: what is
-- older or later has been admitted by a clock that was wrong, and stays where it is. Returns how many were moved. Nobody waits long for it: what cannot be locked now is tried tomorrow.
CREATE FUNCTION ensure_usage_months(ahead integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
	this_month timestamptz := date_trunc('month', now(), 'UTC');
	oldest timestamptz := this_month - interval '24 months';
	newest timestamptz := this_month + (ahead + 1) * interval '1 month';
	moved bigint := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_month'));
	IF EXISTS (SELECT FROM usage_event_default WHERE admitted_at >= oldest AND admitted_at < newest) THEN
		-- As a table of its own it can be read and dropped; no row is deleted.
		ALTER TABLE usage_event DETACH PARTITION usage_event_default;
		ALTER TABLE usage_event_default RENAME TO usage_event_stray;
		CREATE TABLE usage_event_default PARTITION OF usage_event DEFAULT;
		PERFORM ensure_usage_month(month) FROM (
			SELECT DISTINCT date_trunc('month', admitted_at, 'UTC') AS month FROM usage_event_stray WHERE admitted_at >= oldest AND admitted_at < newest
		) months;
		INSERT INTO usage_event SELECT * FROM usage_event_stray;
		SELECT count(*) INTO moved FROM usage_event_stray WHERE admitted_at >= oldest AND admitted_at < newest;
		DROP TABLE usage_event_stray;
	END IF;
	PERFORM ensure_usage_month(this_month + n * interval '1 month') FROM generate_series(0, ahead) n;
	RETURN moved;
END $$;
--> statement-breakpoint
-- Why a month of usage events may not be dropped; null: it may. Reads all of it.
CREATE FUNCTION usage_month_needed(month_name text) RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	month_start timestamptz := (month_name || '-01')::timestamp AT TIME ZONE 'UTC';
	month_end timestamptz := (month_start AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
	events_sum record;
	hours_sum record;
	found text;
BEGIN
	IF month_end > now() - interval '28 days' THEN RETURN 'it ended less than four weeks ago'; END IF;
	SELECT count(*) AS requests, coalesce(sum(charge_nano), 0) AS charge INTO events_sum FROM usage_event WHERE admitted_at >= month_start AND admitted_at < month_end;
	SELECT coalesce(sum(requests), 0) AS requests, coalesce(sum(charge_nano), 0) AS charge INTO hours_sum FROM usage_hour WHERE hour >= month_start AND hour < month_end;
	-- The roll-ups are what stays.
	IF (events_sum.requests, events_sum.charge) IS DISTINCT FROM (hours_sum.requests, hours_sum.charge) THEN
		RETURN format('its roll-ups have %s requests and it has %s', hours_sum.requests, events_sum.requests);
	END IF;
	SELECT e.request_id INTO found FROM usage_event e
	WHERE e.admitted_at >= month_start AND e.admitted_at < month_end AND e.charge_nano > 0
		AND NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.id = e.ledger_transaction_id AND t.account_id = e.account_id)
	LIMIT 1;
	IF found IS NOT NULL THEN RETURN format('the charge of %s is not in the ledger', found); END IF;
	SELECT t.account_id INTO found
	FROM (SELECT DISTINCT e.ledger_transaction_id AS id FROM usage_event e WHERE e.admitted_at >= month_start AND e.admitted_at < month_end AND e.charge_nano > 0) posted
	JOIN ledger_transaction t USING (id) JOIN account a ON a.id = t.account_id AND a.kind = 'postpaid'
	LEFT JOIN (SELECT account_id, max(through_seq) AS through_seq FROM invoice GROUP BY 1) invoiced ON invoiced.account_id = t.account_id
	WHERE t.seq > coalesce(invoiced.through_seq, 0)
	LIMIT 1;
	IF found IS NOT NULL THEN RETURN format('usage of %s in it has not been invoiced', found); END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- Drops a month of usage events as a whole, if nothing needs it any more; what it held is written down. For its owner, because the application's role may drop nothing, and this only so.
CREATE FUNCTION drop_usage_month(month_name text, author text) RETURNS usage_month_dropped LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
	part regclass := to_regclass('usage_event_' || replace(month_name, '-', ''));
	needed text;
	dropped usage_month_dropped;
BEGIN
	IF month_name !~ '^\d{4}-\d{2}$' OR part IS NULL OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = part AND inhparent = 'usage_event'::regclass) THEN
		RAISE EXCEPTION 'there is no usage of %', month_name USING ERRCODE = 'undefined_table';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_month'));
	-- Nothing comes to it between the look and the drop.
	EXECUTE format('LOCK TABLE %s IN SHARE MODE', part);
	needed := usage_month_needed(month_name);
	IF needed IS NOT NULL THEN RAISE EXCEPTION 'usage of % is kept: %', month_name, needed USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
	EXECUTE format('SELECT $1, count(*), coalesce(sum(charge_nano), 0), pg_total_relation_size(%L), $2, clock_timestamp() FROM %s', part, part) INTO dropped USING month_name, author;
	EXECUTE format('DROP TABLE %s', part);
	INSERT INTO usage_month_dropped SELECT dropped.*;
	RETURN dropped;
END $$;
