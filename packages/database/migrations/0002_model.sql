CREATE TABLE "model" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"description" text,
	"hugging_face_id" text,
	"owned_by" text,
	"context_length" integer,
	"max_output_length" integer,
	"input_modalities" text[],
	"output_modalities" text[],
	"quantization" text,
	"features" text[],
	"reasoning_field" text,
	"always_listed" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "model_lengths" CHECK (least("model"."context_length", "model"."max_output_length") > 0)
);
