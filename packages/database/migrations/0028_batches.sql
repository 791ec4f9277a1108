CREATE TABLE "batch" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"key_id" text NOT NULL,
	"endpoint" text NOT NULL,
	"input_file_id" text NOT NULL,
	"completion_window" text NOT NULL,
	"metadata" jsonb,
	"status" text DEFAULT 'validating' NOT NULL,
	"problems" jsonb,
	"output_file_id" text,
	"error_file_id" text,
	"total_lines" integer DEFAULT 0 NOT NULL,
	"completed_lines" integer DEFAULT 0 NOT NULL,
	"failed_lines" integer DEFAULT 0 NOT NULL,
	"charge_nano" bigint DEFAULT 0 NOT NULL,
	"pause" text,
	"pause_reason" text,
	"paused_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"in_progress_at" timestamp (3) with time zone,
	"finalizing_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"expired_at" timestamp (3) with time zone,
	"cancelling_at" timestamp (3) with time zone,
	"cancelled_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "batch_line" (
	"batch_id" text NOT NULL,
	"number" integer NOT NULL,
	"custom_id" text NOT NULL,
	"model" text NOT NULL,
	"byte_offset" bigint NOT NULL,
	"byte_length" integer NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"failures" smallint DEFAULT 0 NOT NULL,
	"gateway_id" text,
	"not_before" timestamp (3) with time zone,
	CONSTRAINT "batch_line_batch_id_number_pk" PRIMARY KEY("batch_id","number")
);
--> statement-breakpoint
CREATE TABLE "batch_result" (
	"batch_id" text NOT NULL,
	"number" integer NOT NULL,
	"is_error" boolean NOT NULL,
	"error_code" text,
	"body" text NOT NULL,
	CONSTRAINT "batch_result_batch_id_number_pk" PRIMARY KEY("batch_id","number")
);
--> statement-breakpoint
CREATE TABLE "file" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"purpose" text NOT NULL,
	"filename" text NOT NULL,
	"bytes" bigint NOT NULL,
	"storage" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "file_chunk" (
	"file_id" text NOT NULL,
	"number" integer NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "file_chunk_file_id_number_pk" PRIMARY KEY("file_id","number")
);
--> statement-breakpoint
ALTER TABLE "batch" ADD CONSTRAINT "batch_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "file" ADD CONSTRAINT "file_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batch_account" ON "batch" USING btree ("account_id","created_at","id");--> statement-breakpoint
CREATE INDEX "batch_open" ON "batch" USING btree ("status") WHERE "batch"."status" in ('validating', 'in_progress', 'finalizing', 'cancelling');--> statement-breakpoint
CREATE UNIQUE INDEX "batch_line_custom_id" ON "batch_line" USING btree ("batch_id","custom_id");--> statement-breakpoint
CREATE INDEX "batch_line_open" ON "batch_line" USING btree ("batch_id","number") WHERE "batch_line"."state" = 'open';--> statement-breakpoint
CREATE INDEX "batch_line_running" ON "batch_line" USING btree ("gateway_id") WHERE "batch_line"."state" = 'running';--> statement-breakpoint
CREATE INDEX "file_account" ON "file" USING btree ("account_id","created_at","id");--> statement-breakpoint
CREATE INDEX "file_expiry" ON "file" USING btree ("expires_at");