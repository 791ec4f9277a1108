import { connectDatabase } from "@tera/database";
import { createTestDatabase } from "@tera/database/testing";
import { afterAll, expect, test } from "vitest";
import { createModelStore, type ModelSettings, unsetModel } from "./model-store.ts";

const testDatabase = await createTestDatabase();
const database = connectDatabase({ url: testDatabase.url, name: "test" });
const store = createModelStore({ db: database.db });
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const everything: ModelSettings = {
  aliases: ["qwen", "gpt-4o"],
  name: "Qwen 2.5 7B",
  description: 'With "quotes", {braces} and, commas.',
  huggingFaceId: "Qwen/Qwen2.5-7B-Instruct",
  ownedBy: "Qwen",
  contextLength: 32_768,
  maxOutputLength: 8_192,
  inputModalities: ["text", "image"],
  outputModalities: ["text"],
  quantization: "fp8",
  features: ["tools", "structured_outputs"],
  reasoningField: "both",
  alwaysListed: true,
};

test("an alias leads to one model: another cannot have it until it is given back", async () => {
  await store.setModel("org/first", { aliases: ["best", "other"] });
  await expect(store.setModel("org/second", { aliases: ["new", "best"] })).rejects.toThrow(
    "The alias best leads to org/first. Take it from there first.",
  );
  expect(await store.findModel("org/second")).toBeUndefined();
  await store.setModel("org/first", { aliases: ["other", "best"] });
  await store.setModel("org/first", { aliases: ["other"] });
  expect(await store.setModel("org/second", { aliases: ["new", "best"] })).toMatchObject({ aliases: ["new", "best"] });
});

test("everything that is set is found again, and nothing else is set", async () => {
  await store.setModel("org/full", everything);
  expect(await store.findModel("org/full")).toMatchObject({ id: "org/full", ...everything });
  await store.setModel("org/one", { features: [] });
  expect(await store.findModel("org/one")).toMatchObject({ ...unsetModel, features: [] });
  expect(await store.findModel("org/none")).toBeUndefined();
});

test("a later change leaves the other fields and the time of creation as they are", async () => {
  const before = await store.setModel("org/changed", { name: "first", contextLength: 4_096 });
  const after = await store.setModel("org/changed", { name: "second", contextLength: undefined });
  expect(after).toMatchObject({ name: "second", contextLength: 4_096, createdAt: before?.createdAt });
});

test("unsetting gives a field back to the runners, and the row goes with the last one", async () => {
  await store.setModel("org/unset", { name: "x", alwaysListed: true });
  expect(await store.unsetModel("org/unset", ["name"])).toMatchObject({ ...unsetModel, alwaysListed: true });
  expect(await store.unsetModel("org/unset", ["alwaysListed", "features"])).toBeUndefined();
  expect(await store.findModel("org/unset")).toBeUndefined();
  expect(await store.unsetModel("org/unset", ["name"])).toBeUndefined();
  expect(await store.setModel("org/unset", { alwaysListed: false, features: null })).toBeUndefined();
  expect(await store.findModel("org/unset")).toBeUndefined();
});

test("models are listed by id, no more than asked for", async () => {
  await store.setModel("a/b", { name: "x" });
  await store.setModel("A/z", { name: "x" });
  const ids = (await store.listModels(100)).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["A/z", "a/b", "org/full"]));
  expect(await store.listModels(1)).toHaveLength(1);
});

test("a length that is none is refused by the table itself", async () => {
  await expect(store.setModel("org/bad", { contextLength: 0 })).rejects.toThrow();
  expect(await store.findModel("org/bad")).toBeUndefined();
});
