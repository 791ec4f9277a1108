/** The whole matrix of rights, printed: every operation that the Admin API describes, so that none can be forgotten. */
import { afterAll, expect, test } from "vitest";
import { createAskers } from "../testing/matrix/askers.ts";
import { createInstallation } from "../testing/matrix/installation.ts";
import { type Cell, createMatrix } from "../testing/matrix/matrix.ts";
import { readOperations, readRoutes } from "../testing/matrix/operations.ts";
import { printMatrix } from "../testing/matrix/print-matrix.ts";
import { samples } from "../testing/matrix/samples.ts";
import { startSetting } from "../testing/matrix/setting.ts";
import { createTenant } from "../testing/matrix/tenant.ts";

const setting = await startSetting();
const { dashboard } = setting;
afterAll(() => setting.close());
const operations = await readOperations(dashboard.app);

test("everybody gets what their role says, and of other customers nothing", { timeout: 120_000 }, async () => {
  const matrix = createMatrix(setting);
  const askers = await createAskers(dashboard);
  const cells: Cell[] = [];
  for (const operation of operations) {
    for (const asker of askers) cells.push(...(await matrix.ask(operation, asker)));
  }
  console.log(printMatrix(cells));
  const faults = cells.flatMap(({ operation, asker, fault }) =>
    fault === undefined ? [] : [`${operation.name}, ${asker.name}: ${fault}`],
  );
  expect(faults).toEqual([]);
});

test("no list shows a customer what belongs to somebody else", async () => {
  const other = await createTenant(setting, "Stranger", "postpaid");
  for (const make of Object.values(other.objects)) await make();
  const own = await createTenant(setting, "Own", "postpaid");
  for (const make of Object.values(own.objects)) await make();
  const ask = await dashboard.withToken("member", own.id);
  const telling: string[] = [];
  for (const { method, path, name } of operations) {
    if (method !== "GET" || path.includes("{")) continue;
    const query = String(
      new URLSearchParams(await samples[name]?.query?.({ ...own.objects, ...createInstallation(setting) })),
    );
    const { body } = await ask(method, `${path}?${query}`);
    if (new RegExp(`Stranger|${other.id}`).test(JSON.stringify(body) ?? "")) telling.push(name);
  }
  expect(telling).toEqual([]);
});

test("every route is described, but for these", () => {
  const described = new Set(operations.map(({ name }) => name));
  const hidden = readRoutes(dashboard.app).filter((route) => !described.has(route));
  expect(hidden.toSorted()).toEqual(["GET /openapi.json", "POST /csp-reports"]);
});

test("who may only read cannot change anything", () => {
  const changing = operations.filter(({ method, permission }) => method !== "GET" && permission.endsWith(":read"));
  expect(changing.map(({ name }) => name)).toEqual([]);
});

test("each sample is of an operation that there is", () => {
  const names = new Set(operations.map(({ name }) => name));
  expect(Object.keys(samples).filter((name) => !names.has(name))).toEqual([]);
});
