CREATE TABLE "request_content" (
	"request_id" text NOT NULL,
	"account_id" text NOT NULL,
	"key_id" text NOT NULL,
	"prompt" jsonb NOT NULL,
	"answer" jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "request_content_request_id_expires_at_pk" PRIMARY KEY("request_id","expires_at")
) PARTITION BY RANGE ("expires_at");
--> statement-breakpoint
-- Makes the partition of a table for what expires on a day (UTC), unless it is there. Only for tables that are partitioned by when their rows expire, and only for days that a retention can
-- mean: for their owner, because the application's role may make no tables, and these only so.
CREATE FUNCTION ensure_expiry_day(parent regclass, moment timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
	day_start timestamptz := date_trunc('day', moment, 'UTC');
	name text := format('%s_%s', parent, to_char(day_start AT TIME ZONE 'UTC', 'YYYYMMDD'));
BEGIN
	IF pg_get_partkeydef(parent) IS DISTINCT FROM 'RANGE (expires_at)' THEN
		RAISE EXCEPTION '% is not partitioned by expiry', parent USING ERRCODE = 'wrong_object_type';
	END IF;
	IF moment IS NULL OR moment NOT BETWEEN now() - interval '400 days' AND now() + interval '400 days' THEN
		RAISE EXCEPTION 'nothing is kept until %', moment USING ERRCODE = 'datetime_field_overflow';
	END IF;
	-- Several gateways may begin a day at once.
	PERFORM pg_advisory_xact_lock(hashtext('ensure_expiry_day'));
	IF to_regclass(name) IS NULL THEN
		EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', name, parent, day_start, day_start + interval '24 hours');
	END IF;
END $$;
--> statement-breakpoint
-- Drops the days of such a table that are over; nothing else can be dropped by it. Returns each with what the disk got back.
CREATE FUNCTION drop_expired_days(parent regclass) RETURNS TABLE (day text, bytes bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
	part record;
BEGIN
	IF pg_get_partkeydef(parent) IS DISTINCT FROM 'RANGE (expires_at)' THEN
		RAISE EXCEPTION '% is not partitioned by expiry', parent USING ERRCODE = 'wrong_object_type';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtext('ensure_expiry_day'));
	FOR part IN
		SELECT c.oid::regclass AS name, right(c.relname, 8) AS stamp FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
		WHERE inhparent = parent AND c.relname ~ '_[0-9]{8}$' ORDER BY 2
	LOOP
		CONTINUE WHEN to_date(part.stamp, 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC' + interval '24 hours' > now();
		day := format('%s-%s-%s', left(part.stamp, 4), substr(part.stamp, 5, 2), right(part.stamp, 2));
		bytes := pg_total_relation_size(part.name);
		EXECUTE format('DROP TABLE %s', part.name);
		RETURN NEXT;
	END LOOP;
END $$;
