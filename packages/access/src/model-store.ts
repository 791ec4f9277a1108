/** What the operator says of models, as Postgres has it. How it joins what runners say is in `model-profile.ts`. */
import { type Db, type Model, model } from "@tera/database";
import { and, arrayOverlaps, asc, eq, ne, sql } from "drizzle-orm";

/** What can be set of a model; null: what its runners say. */
export type ModelSettings = Omit<Model, "id" | "createdAt" | "updatedAt">;

export type ModelField = keyof ModelSettings;

/** What is undefined stays as it is. */
export type ModelChange = { readonly [Field in ModelField]?: ModelSettings[Field] | undefined };

/** Every field in the state "not set". */
export const unsetModel: Readonly<ModelSettings> = Object.freeze({
  aliases: null,
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
  /**
   * @returns the model as it is afterwards; undefined when nothing is set of it.
   * @throws {AliasTakenError} when another model has one of the aliases.
   */
  setModel(id: string, change: ModelChange): Promise<Model | undefined>;
  /** Gives fields back to the runners. @returns as `setModel`. */
  unsetModel(id: string, fields: readonly ModelField[]): Promise<Model | undefined>;
}

/** An alias leads to one model. */
export class AliasTakenError extends Error {
  override readonly name = "AliasTakenError";
  readonly alias: string;
  readonly model: string;

  constructor(alias: string, model: string) {
    super(`The alias ${alias} leads to ${model}. Take it from there first.`);
    this.alias = alias;
    this.model = model;
  }
}

/** One at a time, so that two changes cannot give the same alias to two models. */
async function requireFree(db: Pick<Db, "execute" | "select">, id: string, aliases: readonly string[]): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended('model aliases', 0))`);
  const others = await db
    .select({ id: model.id, aliases: model.aliases })
    .from(model)
    .where(and(ne(model.id, id), arrayOverlaps(model.aliases, [...aliases])));
  for (const other of others) {
    const taken = other.aliases?.find((alias) => aliases.includes(alias));
    if (taken !== undefined) throw new AliasTakenError(taken, other.id);
  }
}

export function createModelStore({ db }: { db: Db }): ModelStore {
  /** A row in which nothing is set would still be a model that the operator knows. */
  async function setModel(id: string, change: ModelChange): Promise<Model | undefined> {
    // The row is locked from its change on: what somebody sets meanwhile is not deleted.
    return db.transaction(async (transaction) => {
      if (change.aliases != null && change.aliases.length > 0) await requireFree(transaction, id, change.aliases);
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
