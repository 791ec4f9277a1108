ALTER TABLE "batch" ADD COLUMN "models" jsonb;--> statement-breakpoint
ALTER TABLE "batch" ADD COLUMN "failures" jsonb;--> statement-breakpoint
CREATE INDEX "batch_created" ON "batch" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "batch_result_failed" ON "batch_result" USING btree ("batch_id","error_code") WHERE "batch_result"."is_error";