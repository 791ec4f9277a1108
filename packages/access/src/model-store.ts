/** What the operator says of models, as Postgres has it. How it joins what runners say is in `model-profile.ts`. */
import { type Db, type Model, model } from "@tera/database";
import { asc, eq, sql } from "drizzle-orm";

/** What can be set of a model; null: what its runners say. */
export type ModelSettings = Omit<Model, "id" | "createdAt" | "updatedAt">;

export type ModelField = keyof ModelSettings;

/** Every field in the state "not set". */
export const unsetModel: Readonly<ModelSettings> = Object.freeze({
  name: null,
  description: null,
  huggingFaceId: null,
  ownedBy: null,
  contextLength: null,
  maxOutputLength: null,
  inputModalities: null,
  outputModalities: null,
  quantization: null,
  features: null,
  reasoningField: null,
  alwaysListed: false,
});

export interface ModelStore {
  /** By id, `limit` at most. */
  listModels(limit: number): Promise<Model[]>;
  findModel(id: string): Promise<Model | undefined>;
  /** Sets the fields that are given and leaves the others. @returns the model as it is afterwards. */
  setModel(id: string, change: Partial<ModelSettings>): Promise<Model>;
  /** @returns the model as it is afterwards; undefined when nothing is set any more, or nothing was. */
  unsetModel(id: string, fields: readonly ModelField[]): Promise<Model | undefined>;
}

export function createModelStore({ db }: { db: Db }): ModelStore {
  return {
    async listModels(limit) {
      return db.select().from(model).orderBy(asc(model.id)).limit(limit);
    },
    async findModel(id) {
      const [found] = await db.select().from(model).where(eq(model.id, id));
      return found;
    },
    async setModel(id, change) {
      const [row] = await db
        .insert(model)
        .values({ id, ...change })
        .onConflictDoUpdate({ target: model.id, set: { ...change, updatedAt: sql`now()` } })
        .returning();
      if (row === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      return row;
    },
    async unsetModel(id, fields) {
      const change = Object.fromEntries(fields.map((field) => [field, unsetModel[field]]));
      // The row is locked from the update on: what somebody sets meanwhile is not deleted.
      return db.transaction(async (transaction) => {
        const [row] = await transaction
          .update(model)
          .set({ ...change, updatedAt: sql`now()` })
          .where(eq(model.id, id))
          .returning();
        if (row === undefined || fieldsSet(row).length > 0) return row;
        await transaction.delete(model).where(eq(model.id, id));
        return undefined;
      });
    },
  };
}

/** The fields that the operator has set, in the table's order. */
export function fieldsSet(settings: ModelSettings): ModelField[] {
  const fields: ModelField[] = [];
  let field: ModelField;
  for (field in unsetModel) if (settings[field] !== unsetModel[field]) fields.push(field);
  return fields;
}
