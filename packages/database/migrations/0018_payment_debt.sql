ALTER TABLE "invoice_payment" DROP CONSTRAINT "invoice_payment_amount";--> statement-breakpoint
ALTER TABLE "auto_top_up" ADD COLUMN "refusals" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "auto_top_up" ADD COLUMN "retry_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "ledger_entry_debt" ON "ledger_entry" USING btree ("transaction_id") WHERE "ledger_entry"."book" = 'debt';--> statement-breakpoint
ALTER TABLE "invoice_payment" ADD CONSTRAINT "invoice_payment_amount" CHECK ("invoice_payment"."amount_nano" <> 0);--> statement-breakpoint
-- What an account owes for payments that were taken back from us after they had been used. Nano-USD.
CREATE FUNCTION debt_of(account text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT coalesce(-sum(e.amount_nano), 0)::bigint FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id WHERE e.book = 'debt' AND t.account_id = account
$$;
--> statement-breakpoint
-- As before; what comes to an account that owes pays its debt first.
CREATE OR REPLACE FUNCTION move_credit(account text, kind text, against text, amount bigint, author text, reason text, reference text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	repaid bigint := 0;
BEGIN
	PERFORM 1 FROM purse WHERE id = account FOR UPDATE;
	IF NOT FOUND THEN RAISE EXCEPTION 'there is no account %', account USING ERRCODE = 'foreign_key_violation'; END IF;
	IF reference IS NOT NULL AND EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.kind = move_credit.kind AND t.reference = move_credit.reference) THEN
		RETURN NULL;
	END IF;
	IF amount > 0 THEN repaid := least(debt_of(account), amount); END IF;
	UPDATE purse SET balance_nano = balance_nano + amount - repaid, updated_at = clock_timestamp() WHERE id = account;
	RETURN post_ledger(account, kind, author, reason, reference, jsonb_build_array(jsonb_build_array('credit', amount - repaid), jsonb_build_array('debt', repaid), jsonb_build_array(against, -amount)));
END $$;
