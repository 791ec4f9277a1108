/**
 * `model`: what the operator says of a model, over what its runners say. A model needs no row to be served.
 *
 * Null means "what the runners say". A row exists while anything is set in it.
 */
import { inputModalities, modelFeatures, outputModalities, reasoningFields } from "@tera/protocol";
import { sql } from "drizzle-orm";
import { boolean, check, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

export const model = pgTable(
  "model",
  {
    /** The public id, by preference the Hugging Face one. */
    id: text().primaryKey(),
    /** Other names that clients may ask for it by. */
    aliases: text().array(),
    name: text(),
    description: text(),
    huggingFaceId: text("hugging_face_id"),
    ownedBy: text("owned_by"),
    /** Tokens that prompt and answer may have together. */
    contextLength: integer("context_length"),
    /** Tokens that an answer may have. */
    maxOutputLength: integer("max_output_length"),
    inputModalities: text("input_modalities", { enum: inputModalities }).array(),
    outputModalities: text("output_modalities", { enum: outputModalities }).array(),
    quantization: text(),
    features: text({ enum: modelFeatures }).array(),
    reasoningField: text("reasoning_field", { enum: reasoningFields }),
    /** Listed also while no runner serves it. */
    alwaysListed: boolean("always_listed").notNull().default(false),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [check("model_lengths", sql`least(${table.contextLength}, ${table.maxOutputLength}) > 0`)],
);
export type Model = typeof model.$inferSelect;
