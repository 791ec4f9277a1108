import { unsetModel } from "@tera/access";
import type { Model } from "@tera/database";
import type { ServedModel } from "@tera/protocol";
import { newServedModel } from "@tera/testkit/worker-state";
import { afterEach, expect, test, vi } from "vitest";
import type { ModelEntry } from "../inference/roster.ts";
import { type Catalog, startCatalog } from "./catalog.ts";

const catalogs: Catalog[] = [];
afterEach(() => {
  for (const catalog of catalogs.splice(0)) catalog.stop();
  vi.useRealTimers();
});

const served = (id: string, change: Partial<ServedModel> = {}) =>
  newServedModel(id, { created: 1_000, ownedBy: "org", ...change });

const described = (id: string, change: Partial<Model> = {}): Model => ({
  id,
  ...unsetModel,
  createdAt: new Date(2_000_000),
  updatedAt: new Date(2_000_000),
  ...change,
});

/** A catalog over a roster and a table that the test changes. */
async function open() {
  const roster = new Map<string, ModelEntry>();
  const table = { models: [] as Model[], reads: 0, read: async () => table.models };
  const warnings: string[] = [];
  const start = async () => {
    const catalog = await startCatalog({
      roster: { find: (id) => roster.get(id), modelIds: () => roster.keys() },
      modelStore: {
        listModels: () => {
          table.reads++;
          return table.read();
        },
      },
      log: { info: () => undefined, warn: (_fields, message) => warnings.push(message) },
    });
    catalogs.push(catalog);
    return catalog;
  };
  return { roster, table, warnings, start };
}

test("a model is known when a worker or the operator names it, and listed when it is served or always listed", async () => {
  const { roster, table, start } = await open();
  roster.set("org/served", { replicas: [served("org/served")], readySlots: 1 });
  roster.set("org/gone", { replicas: [served("org/gone")], readySlots: 0 });
  table.models = [described("org/always", { alwaysListed: true }), described("org/named", { name: "x" })];
  const catalog = await start();
  expect(catalog.list().map(({ profile, ready }) => [profile.id, ready])).toEqual([
    ["org/always", false],
    ["org/served", true],
  ]);
  for (const id of ["org/gone", "org/named"]) expect(catalog.find(id)).toMatchObject({ ready: false, listed: false });
  expect(catalog.find("org/unknown")).toBeUndefined();
});

test("an alias means the model that has it, unless a worker serves one of that name", async () => {
  const { roster, table, start } = await open();
  table.models = [described("org/new", { aliases: ["best", "org/old"] })];
  const catalog = await start();
  expect(["best", "org/old", "org/new", "other"].map(catalog.resolve)).toEqual([
    "org/new",
    "org/new",
    "org/new",
    "other",
  ]);
  roster.set("org/old", { replicas: [served("org/old")], readySlots: 1 });
  expect(catalog.resolve("org/old")).toBe("org/old");
});

test("the time of creation stays what it was told to be, whatever workers come and go", async () => {
  const { roster, table, start } = await open();
  roster.set("org/m", {
    replicas: [served("org/m", { created: 500 }), served("org/m", { created: 700 })],
    readySlots: 2,
  });
  const catalog = await start();
  expect(catalog.find("org/m")?.createdAtS).toBe(500);
  roster.set("org/m", { replicas: [served("org/m", { created: 300 })], readySlots: 1 });
  expect(catalog.find("org/m")?.createdAtS).toBe(500);
  table.models = [described("org/m", { name: "x" })];
  await catalog.refresh();
  expect(catalog.find("org/m")?.createdAtS).toBe(2_000);
});

test("a change while the table is being read is read too", async () => {
  const { table, start } = await open();
  const catalog = await start();
  const slow = Promise.withResolvers<Model[]>();
  table.read = () => slow.promise;
  const first = catalog.refresh();
  table.read = async () => [described("org/new", { name: "after" })];
  const second = catalog.refresh();
  slow.resolve([described("org/new", { name: "before" })]);
  await Promise.all([first, second]);
  expect(catalog.find("org/new")?.profile.name).toBe("after");
  expect(table.reads).toBe(3);
});

test("while Postgres is away the last picture stays, one line says so, and it is asked again soon", async () => {
  vi.useFakeTimers();
  const { table, warnings, start } = await open();
  table.models = [described("org/m", { name: "kept" })];
  const catalog = await start();
  table.read = async () => Promise.reject(new Error("connect ECONNREFUSED"));
  await catalog.refresh();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(catalog.find("org/m")?.profile.name).toBe("kept");
  expect(warnings).toHaveLength(1);
  table.read = async () => [described("org/m", { name: "new" })];
  await vi.advanceTimersByTimeAsync(2_000);
  expect(catalog.find("org/m")?.profile.name).toBe("new");
});

test("a gateway that starts while the table cannot be read serves what its workers name", async () => {
  const { roster, table, start } = await open();
  table.read = async () => Promise.reject(new Error("connect ECONNREFUSED"));
  roster.set("org/m", { replicas: [served("org/m")], readySlots: 1 });
  const catalog = await start();
  expect(catalog.list()).toHaveLength(1);
});

test("without any message the table is read again within a minute, and never after the stop", async () => {
  vi.useFakeTimers();
  const { table, start } = await open();
  const catalog = await start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(table.reads).toBe(2);
  catalog.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(table.reads).toBe(2);
});
