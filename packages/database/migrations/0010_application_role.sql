-- No partition is emptied either. Of a partition itself the triggers say nothing: there the role is what refuses.
CREATE TRIGGER usage_event_no_truncate BEFORE TRUNCATE ON usage_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER price_no_truncate BEFORE TRUNCATE ON price FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Makes a partition for its owner: the application's role may not make tables.
ALTER FUNCTION ensure_usage_month(timestamptz) SECURITY DEFINER SET search_path = public, pg_temp;
--> statement-breakpoint
-- The role that Tera works as, `tera_app`: it reads and adds everywhere, and changes and deletes only where nothing is append-only, which is where no trigger `refuse_change` is. It owns
-- nothing, so that it can neither alter a table nor drop a trigger. Made where the migrating user may make roles; elsewhere whoever may can make it, and the next start grants.
-- Called after every migration, so that new tables have their grants; harmless when called again.
CREATE FUNCTION grant_to_application() RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	target record;
BEGIN
	BEGIN
		IF to_regrole('tera_app') IS NULL THEN CREATE ROLE tera_app NOLOGIN; END IF;
		-- From 16 on a member may lack the right to SET ROLE.
		IF NOT pg_has_role(session_user, 'tera_app', CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
			EXECUTE format('GRANT tera_app TO %I', session_user);
		END IF;
	EXCEPTION
		-- Roles belong to the server, and another of its databases may have been first.
		WHEN duplicate_object OR unique_violation THEN NULL;
		WHEN insufficient_privilege THEN NULL;
	END;
	IF to_regrole('tera_app') IS NULL THEN RETURN; END IF;

	GRANT USAGE ON SCHEMA public TO tera_app;
	FOR target IN
		SELECT c.oid::regclass AS name, c.relkind = 'S' AS is_sequence, c.relispartition AS is_partition, EXISTS (
			SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'refuse_change'::regproc
		) AS is_append_only
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S') AND pg_has_role(c.relowner, 'USAGE')
	LOOP
		EXECUTE format('REVOKE ALL ON %s %s FROM tera_app', CASE WHEN target.is_sequence THEN 'SEQUENCE' ELSE 'TABLE' END, target.name);
		EXECUTE CASE
			WHEN target.is_sequence THEN format('GRANT USAGE, SELECT ON SEQUENCE %s TO tera_app', target.name)
			-- What is asked of the whole needs no right on its parts.
			WHEN target.is_partition THEN format('GRANT SELECT ON %s TO tera_app', target.name)
			WHEN target.is_append_only THEN format('GRANT SELECT, INSERT ON %s TO tera_app', target.name)
			ELSE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO tera_app', target.name)
		END;
	END LOOP;
	-- A gateway that is not the owner looks there whether it must migrate.
	GRANT USAGE ON SCHEMA drizzle TO tera_app;
	GRANT SELECT ON ALL TABLES IN SCHEMA drizzle TO tera_app;
END $$;
