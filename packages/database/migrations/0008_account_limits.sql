ALTER TABLE "account" ADD COLUMN "requests_per_minute_max" integer;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "tokens_per_minute_max" integer;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "concurrency_max" integer;--> statement-breakpoint
ALTER TABLE "account" ADD CONSTRAINT "account_limits" CHECK (least("account"."requests_per_minute_max", "account"."tokens_per_minute_max", "account"."concurrency_max") > 0);