/** What the operator says of models, in Postgres: each change with its entry in the audit log. */
import { type AuditActor, changeAudited, createModelStore, type ModelStore } from "@tera/access";
import type { Db, Model } from "@tera/database";

export function createStoredModels({ db, actor }: { db: Db; actor: AuditActor }): ModelStore {
  async function change(
    id: string,
    work: (store: ModelStore) => Promise<Model | undefined>,
  ): Promise<Model | undefined> {
    return changeAudited(db, actor, async (tx) => {
      const store = createModelStore({ db: tx });
      const before = await store.findModel(id);
      const after = await work(store);
      const object = { objectKind: "model", objectId: id, objectName: id };
      const entry = { action: "model.change", ...object, before: settingsOf(before), after: settingsOf(after) };
      return { answer: after, entry };
    });
  }

  return {
    ...createModelStore({ db }),
    setModel: (id, wanted) => change(id, (store) => store.setModel(id, wanted)),
    unsetModel: (id, fields) => change(id, (store) => store.unsetModel(id, fields)),
  };
}

/** What the audit log keeps of it. */
function settingsOf(row: Model | undefined): object | undefined {
  if (row === undefined) return undefined;
  const { createdAt: _made, updatedAt: _changed, ...settings } = row;
  return settings;
}
