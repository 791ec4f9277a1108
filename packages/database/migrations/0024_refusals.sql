CREATE TABLE "refusal_count" (
	"hour" timestamp (3) with time zone NOT NULL,
	"account_id" text NOT NULL,
	"key_id" text NOT NULL,
	"code" text NOT NULL,
	"requests" bigint NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "refusal_count_hour_key_id_code_expires_at_pk" PRIMARY KEY("hour","key_id","code","expires_at")
) PARTITION BY RANGE ("expires_at");
--> statement-breakpoint
CREATE TABLE "refused_request" (
	"request_id" text NOT NULL,
	"account_id" text NOT NULL,
	"key_id" text NOT NULL,
	"model" text,
	"code" text NOT NULL,
	"message" text NOT NULL,
	"refused_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "refused_request_request_id_expires_at_pk" PRIMARY KEY("request_id","expires_at")
) PARTITION BY RANGE ("expires_at");
--> statement-breakpoint
CREATE INDEX "refusal_count_account" ON "refusal_count" USING btree ("account_id","hour");--> statement-breakpoint
CREATE INDEX "refused_request_time" ON "refused_request" USING btree ("refused_at");--> statement-breakpoint
CREATE INDEX "refused_request_account" ON "refused_request" USING btree ("account_id","refused_at");--> statement-breakpoint
CREATE INDEX "refused_request_key" ON "refused_request" USING btree ("key_id","refused_at");--> statement-breakpoint
CREATE INDEX "usage_event_error" ON "usage_event" USING btree ("error_code","admitted_at") WHERE "usage_event"."error_code" is not null;