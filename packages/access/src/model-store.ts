/** What the operator says of models, as Postgres has it. How it joins what runners say is in `model-profile.ts`. */
import { type Db, type Model, model } from "@tera/database";
import { asc, eq, sql } from "drizzle-orm";

/** What can be set of a model; null: what its runners say. */
export type ModelSettings = Omit<Model, "id" | "createdAt" | "updatedAt">;

export type ModelField = keyof ModelSettings;

/** What is undefined stays as it is. */
export type ModelChange = { readonly [Field in ModelField]?: ModelSettings[Field] | undefined };

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
  /** @returns the model as it is afterwards; undefined when nothing is set of it. */
  setModel(id: string, change: ModelChange): Promise<Model | undefined>;
  /** Gives fields back to the runners. @returns as `setModel`. */
  unsetModel(id: string, fields: readonly ModelField[]): Promise<Model | undefined>;
}

export function createModelStore({ db }: { db: Db }): ModelStore {
  /** A row in which nothing is set would still be a model that the operator knows. */
  async function setModel(id: string, change: ModelChange): Promise<Model | undefined> {
    // The row is locked from its change on: what somebody sets meanwhile is not deleted.
    return db.transaction(async (transaction) => {
      const [row] = await transaction
        .insert(model)
        .values({ id, ...change })
        .onConflictDoUpdate({ target: model.id, set: { ...change, updatedAt: sql`now()` } })
        .returning();
      if (row === undefined) throw new Error("an INSERT ... RETURNING gave no row");
      if (fieldsSet(row).length > 0) return row;
      await transaction.delete(model).where(eq(model.id, id));
      return undefined;
    });
  }

  return {
    async listModels(limit) {
      return db.select().from(model).orderBy(asc(model.id)).limit(limit);
    },
    async findModel(id) {
      const [found] = await db.select().from(model).where(eq(model.id, id));
      return found;
    },
    setModel,
    unsetModel: (id, fields) => setModel(id, Object.fromEntries(fields.map((field) => [field, unsetModel[field]]))),
  };
}

/** The fields that the operator has set, in the table's order. */
export function fieldsSet(settings: ModelSettings): ModelField[] {
  const fields: ModelField[] = [];
  let field: ModelField;
  for (field in unsetModel) if (settings[field] !== unsetModel[field]) fields.push(field);
  return fields;
}
