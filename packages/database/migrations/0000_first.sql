CREATE TABLE "account" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "api_key" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"last_four" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"model_scope" text[],
	"lane_class" text DEFAULT 'normal' NOT NULL,
	CONSTRAINT "api_key_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "usage_event" (
	"request_id" text PRIMARY KEY NOT NULL,
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
	"admitted_at" timestamp (3) with time zone NOT NULL,
	"queue_ms" bigint,
	"ttft_ms" bigint,
	"total_ms" bigint NOT NULL,
	"settled_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_event_counts" CHECK (least("usage_event"."prompt_tokens", "usage_event"."cached_tokens", "usage_event"."completion_tokens", "usage_event"."reasoning_tokens", "usage_event"."speech_characters", "usage_event"."attempts", "usage_event"."total_ms") >= 0)
);
--> statement-breakpoint
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_key_account_id" ON "api_key" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "usage_event_account_time" ON "usage_event" USING btree ("account_id","admitted_at");--> statement-breakpoint
CREATE INDEX "usage_event_key_time" ON "usage_event" USING btree ("key_id","admitted_at");