CREATE TABLE "account_kind_change" (
	"account_id" text NOT NULL,
	"through_seq" bigint NOT NULL,
	"kind" text NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "account_kind_change_account_id_through_seq_pk" PRIMARY KEY("account_id","through_seq")
);
--> statement-breakpoint
ALTER TABLE "account_kind_change" ADD CONSTRAINT "account_kind_change_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE TRIGGER account_kind_change_append_only BEFORE UPDATE OR DELETE ON account_kind_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER account_kind_change_no_truncate BEFORE TRUNCATE ON account_kind_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Writes down up to where in its ledger an account was what it is no more. Nothing is booked meanwhile: the purse is locked.
CREATE FUNCTION note_account_kind() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	last_seq bigint;
BEGIN
	PERFORM FROM purse WHERE id = NEW.id FOR UPDATE;
	SELECT max(seq) INTO last_seq FROM ledger_transaction WHERE account_id = NEW.id;
	-- Changed again before anything was booked: what it was in between is of no account.
	IF last_seq IS NOT NULL THEN
		INSERT INTO account_kind_change VALUES (NEW.id, last_seq, OLD.kind, clock_timestamp()) ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER account_note_kind AFTER UPDATE OF kind ON account FOR EACH ROW WHEN (OLD.kind IS DISTINCT FROM NEW.kind) EXECUTE FUNCTION note_account_kind();
--> statement-breakpoint
-- Every account's ledger in stretches, without gaps: from after `after_seq` through `through_seq` it was of that kind. The last one goes on.
CREATE FUNCTION account_stretch() RETURNS TABLE (account_id text, after_seq bigint, through_seq bigint, kind text) LANGUAGE sql STABLE AS $$
	SELECT c.account_id, coalesce(lag(c.through_seq) OVER (PARTITION BY c.account_id ORDER BY c.through_seq), 0), c.through_seq, c.kind FROM account_kind_change c
	UNION ALL
	SELECT a.id, coalesce((SELECT max(c.through_seq) FROM account_kind_change c WHERE c.account_id = a.id), 0), 9223372036854775807, a.kind FROM account a
$$;
--> statement-breakpoint
-- As in 0012, but for the stretches in which an account was postpaid, whatever it is now.
CREATE OR REPLACE FUNCTION usage_month_needed(month_name text) RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
	JOIN ledger_transaction t USING (id) JOIN account_stretch() s ON s.account_id = t.account_id AND s.kind = 'postpaid' AND t.seq > s.after_seq AND t.seq <= s.through_seq
	LEFT JOIN (SELECT account_id, max(through_seq) AS through_seq FROM invoice GROUP BY 1) invoiced ON invoiced.account_id = t.account_id
	WHERE t.seq > coalesce(invoiced.through_seq, 0)
	LIMIT 1;
	IF found IS NOT NULL THEN RETURN format('usage of %s in it has not been invoiced', found); END IF;
	RETURN NULL;
END $$;