ALTER TABLE "api_key" ADD COLUMN "first_key_id" text;
--> statement-breakpoint
-- Makes the purse of a key's budget for a period, or brings it up to date: the budget, less what was charged in the period to the keys of the rotation. Usage is charged to a purse in the
-- transaction that adds it to usage_hour, so under the purse's lock nothing is counted twice. Whoever changes a budget has locked the first key's row: a purse is never filled from a budget that is
-- being replaced. `budget_known` counts where there is no budget: it was removed just now, and the gateway has not heard of it.
CREATE FUNCTION fill_key_purse(purse_of text, first_key text, kind_of text, since timestamptz, until timestamptz, budget_known bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	owner text;
	budget bigint;
	charged bigint;
BEGIN
	SELECT account_id, CASE kind_of WHEN 'key_day' THEN budget_day_nano WHEN 'key_month' THEN budget_month_nano WHEN 'key_total' THEN budget_total_nano END
	INTO owner, budget FROM api_key WHERE id = first_key FOR SHARE;
	INSERT INTO purse (id, account_id, kind, key_id, bounded) VALUES (purse_of, owner, kind_of, first_key, true) ON CONFLICT DO NOTHING;
	PERFORM 1 FROM purse WHERE id = purse_of FOR UPDATE;
	SELECT coalesce(sum(u.charge_nano), 0) INTO charged FROM usage_hour u
	WHERE u.account_id = owner AND u.hour >= since AND u.hour < until
		AND u.key_id IN (SELECT k.id FROM api_key k WHERE k.account_id = owner AND first_key IN (k.id, k.first_key_id));
	UPDATE purse SET balance_nano = coalesce(budget, budget_known, 0) - charged, updated_at = clock_timestamp() WHERE id = purse_of;
END $$;
