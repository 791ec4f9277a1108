CREATE TABLE "background_run" (
	"name" text PRIMARY KEY NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"succeeded_at" timestamp (3) with time zone,
	"outcome" jsonb,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "notice" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"reference" text NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp (3) with time zone,
	"abandoned_at" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	CONSTRAINT "notice_reference" UNIQUE("type","reference")
);
--> statement-breakpoint
CREATE TABLE "buyer" (
	"account_id" text PRIMARY KEY NOT NULL,
	"name" text,
	"address" text,
	"tax_id" text,
	"email" text,
	"tax_rate_basis_points" integer,
	"low_balance_nano" bigint,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "buyer_tax_rate" CHECK ("buyer"."tax_rate_basis_points" between 0 and 10000)
);
--> statement-breakpoint
CREATE TABLE "seller" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"name" text NOT NULL,
	"address" text,
	"tax_id" text,
	"email" text,
	"payment_note" text,
	"tax_rate_basis_points" integer DEFAULT 0 NOT NULL,
	"due_days" integer DEFAULT 30 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "seller_one" CHECK ("seller"."id" = 1),
	CONSTRAINT "seller_tax_rate" CHECK ("seller"."tax_rate_basis_points" between 0 and 10000),
	CONSTRAINT "seller_due_days" CHECK ("seller"."due_days" between 0 and 365)
);
--> statement-breakpoint
CREATE TABLE "auto_top_up" (
	"account_id" text PRIMARY KEY NOT NULL,
	"threshold_nano" bigint NOT NULL,
	"amount_nano" bigint NOT NULL,
	"day_max_nano" bigint NOT NULL,
	"paused_at" timestamp (3) with time zone,
	"pause_reason" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "auto_top_up_amount" CHECK ("auto_top_up"."amount_nano" > 0 and "auto_top_up"."amount_nano" % 10000000 = 0 and "auto_top_up"."day_max_nano" >= "auto_top_up"."amount_nano")
);
--> statement-breakpoint
CREATE TABLE "auto_top_up_charge" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"amount_nano" bigint NOT NULL,
	"state" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"payment_id" text,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "invoice" (
	"number" text PRIMARY KEY NOT NULL,
	"year" integer NOT NULL,
	"seq" integer NOT NULL,
	"kind" text NOT NULL,
	"account_id" text NOT NULL,
	"month" text NOT NULL,
	"refers_to" text,
	"from_seq" bigint,
	"through_seq" bigint,
	"issued_at" timestamp (3) with time zone NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"author" text NOT NULL,
	"reason" text,
	"seller" jsonb NOT NULL,
	"buyer" jsonb NOT NULL,
	"exact_nano" bigint NOT NULL,
	"rounding_nano" bigint NOT NULL,
	"tax_rate_basis_points" integer NOT NULL,
	"tax_nano" bigint NOT NULL,
	"total_nano" bigint NOT NULL,
	"ledger_transaction_id" bigint NOT NULL,
	CONSTRAINT "invoice_year_seq" UNIQUE("year","seq"),
	CONSTRAINT "invoice_sum" CHECK ("invoice"."total_nano" = "invoice"."exact_nano" + "invoice"."rounding_nano" + "invoice"."tax_nano"),
	CONSTRAINT "invoice_cents" CHECK ("invoice"."total_nano" % 10000000 = 0 and "invoice"."tax_nano" % 10000000 = 0),
	CONSTRAINT "invoice_kind" CHECK (("invoice"."kind" = 'invoice' and "invoice"."refers_to" is null and "invoice"."from_seq" is not null and "invoice"."through_seq" is not null and "invoice"."from_seq" <= "invoice"."through_seq" and "invoice"."total_nano" > 0) or ("invoice"."kind" = 'credit_note' and "invoice"."refers_to" is not null and "invoice"."total_nano" < 0))
);
--> statement-breakpoint
CREATE TABLE "invoice_line" (
	"invoice_number" text NOT NULL,
	"line" integer NOT NULL,
	"kind" text NOT NULL,
	"model" text,
	"key_id" text,
	"key_name" text,
	"price_id" text,
	"lane" text,
	"measure" text,
	"quantity" bigint,
	"unit_nano" bigint,
	"description" text,
	"amount_nano" bigint NOT NULL,
	CONSTRAINT "invoice_line_invoice_number_line_pk" PRIMARY KEY("invoice_number","line"),
	CONSTRAINT "invoice_line_amount" CHECK ("invoice_line"."kind" <> 'usage' or "invoice_line"."amount_nano" = "invoice_line"."quantity" * "invoice_line"."unit_nano")
);
--> statement-breakpoint
CREATE TABLE "invoice_payment" (
	"invoice_number" text NOT NULL,
	"ledger_transaction_id" bigint PRIMARY KEY NOT NULL,
	"amount_nano" bigint NOT NULL,
	"paid_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "invoice_payment_amount" CHECK ("invoice_payment"."amount_nano" > 0)
);
--> statement-breakpoint
CREATE TABLE "invoice_series" (
	"year" integer PRIMARY KEY NOT NULL,
	"last_seq" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "saved_payment_method" (
	"account_id" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"customer_id" text NOT NULL,
	"payment_method_id" text NOT NULL,
	"saved_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "buyer" ADD CONSTRAINT "buyer_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auto_top_up" ADD CONSTRAINT "auto_top_up_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auto_top_up_charge" ADD CONSTRAINT "auto_top_up_charge_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoice" ADD CONSTRAINT "invoice_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoice_line" ADD CONSTRAINT "invoice_line_invoice_number_invoice_number_fk" FOREIGN KEY ("invoice_number") REFERENCES "public"."invoice"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoice_payment" ADD CONSTRAINT "invoice_payment_invoice_number_invoice_number_fk" FOREIGN KEY ("invoice_number") REFERENCES "public"."invoice"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_payment_method" ADD CONSTRAINT "saved_payment_method_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notice_waiting" ON "notice" USING btree ("created_at") WHERE "notice"."delivered_at" is null and "notice"."abandoned_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "auto_top_up_charge_pending" ON "auto_top_up_charge" USING btree ("account_id") WHERE "auto_top_up_charge"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "auto_top_up_charge_account" ON "auto_top_up_charge" USING btree ("account_id","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "invoice_account_month" ON "invoice" USING btree ("account_id","month") WHERE "invoice"."kind" = 'invoice';--> statement-breakpoint
CREATE INDEX "invoice_issued" ON "invoice" USING btree ("issued_at");--> statement-breakpoint
CREATE INDEX "invoice_refers_to" ON "invoice" USING btree ("refers_to");--> statement-breakpoint
CREATE INDEX "invoice_payment_invoice" ON "invoice_payment" USING btree ("invoice_number");--> statement-breakpoint
-- What was issued stays as it is.
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER invoice_no_truncate BEFORE TRUNCATE ON invoice FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER invoice_line_append_only BEFORE UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER invoice_line_no_truncate BEFORE TRUNCATE ON invoice_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER invoice_payment_append_only BEFORE UPDATE OR DELETE ON invoice_payment FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER invoice_payment_no_truncate BEFORE TRUNCATE ON invoice_payment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Looked at when the transaction commits. Nor can a line be added later: the sum would no longer be right.
CREATE FUNCTION require_invoice_sum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	issued text := coalesce(to_jsonb(NEW)->>'invoice_number', to_jsonb(NEW)->>'number');
	lines_nano numeric;
	exact bigint;
BEGIN
	SELECT sum(amount_nano) INTO lines_nano FROM invoice_line WHERE invoice_number = issued;
	SELECT exact_nano INTO exact FROM invoice WHERE number = issued;
	IF lines_nano IS DISTINCT FROM exact THEN
		RAISE EXCEPTION 'the lines of invoice % sum to %, not to %', issued, coalesce(lines_nano::text, 'nothing'), exact USING ERRCODE = 'check_violation';
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER invoice_adds_up AFTER INSERT ON invoice DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_invoice_sum();
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER invoice_line_adds_up AFTER INSERT ON invoice_line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_invoice_sum();
