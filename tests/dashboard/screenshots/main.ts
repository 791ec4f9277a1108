/** `pnpm screenshots`: starts a stack with data that looks real, and writes every page of the dashboard, light, dark and narrow, to a folder that git ignores. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startStack, startTestServices, waitForStillness } from "@tera/testkit";
import { z } from "zod";
import { openPage, readMenu } from "../menu.ts";
import { meetPeople, narrow, wide } from "../people.ts";
import { startTraffic } from "./live-traffic.ts";
import { seed } from "./seed.ts";
import { seedBatches } from "./seed-batches.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "screenshots");
/** The live figures come every two seconds. */
const settleMs = 2_000;

const looks = [
  { name: "light", colorScheme: "light", viewport: wide },
  { name: "dark", colorScheme: "dark", viewport: wide },
  { name: "narrow", colorScheme: "light", viewport: narrow },
] as const;

await using cleanups = new AsyncDisposableStack();
const services = await startTestServices({ log: () => undefined });
cleanups.defer(async () => void (await services.stop()));
const stack = await startStack({ dashboard: true, services });
cleanups.defer(() => stack.stop());
const people = await meetPeople(stack);
cleanups.defer(() => people.close());

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const stranger = await people.open();
const owner = await people.enter("owner", { name: "Ada Owner" });
await seed(stack, owner.page.request, people.url);
const batchIds = await seedBatches(stack, owner.page.request, people.url);
const firstSchema = z.object({ items: z.array(z.object({ id: z.string() })).min(1) });
async function firstId(path: string): Promise<string> {
  const answer = await owner.page.request.get(`/admin/api${path}`);
  return firstSchema.parse(await answer.json()).items[0]?.id ?? "";
}
const accountId = await firstId("/accounts?search=Northwind");
const customer = await people.enter("member", { name: "Nora Northwind", accountId });
const traffic = startTraffic(stack);
cleanups.defer(() => traffic.stop());
const details = [
  `/accounts/${accountId}`,
  `/keys/${await firstId(`/keys?account=${accountId}&search=production`)}`,
  `/models/${encodeURIComponent(stack.model)}`,
  `/requests/${await firstId("/requests?status=succeeded")}`,
  `/requests/${await firstId("/requests?status=failed")}`,
  ...batchIds.map((id) => `/batches/${id}`),
  "/billing/invoices",
  `/billing/accounts/${accountId}`,
  "/billing/prices",
  `/billing/prices/${encodeURIComponent(stack.model)}`,
  "/billing/check",
  "/billing/seller",
  "/profile",
];

for (const { name, colorScheme, viewport } of looks) {
  const before = await readMenu(owner.page);
  const shots = [
    { who: "", page: stranger.page, paths: ["/sign-in"] },
    { who: "", page: owner.page, paths: [...before, ...details] },
    { who: "customer-", page: customer.page, paths: await readMenu(customer.page) },
  ];
  for (const { who, page, paths } of shots) {
    await page.emulateMedia({ colorScheme });
    for (const path of paths) {
      await page.setViewportSize(wide);
      await openPage(page, path);
      await page.setViewportSize(viewport);
      await page.waitForTimeout(settleMs);
      await waitForStillness(page);
      const title = titleOf(path);
      await page.screenshot({ path: join(folder, `${who}${title}-${name}.png`), fullPage: true });
    }
    await page.setViewportSize(wide);
  }
  console.error(`screenshots: ${name}`);
}
for (const { takeFaults } of [owner, customer])
  for (const fault of takeFaults()) console.error(`screenshots: ${fault}`);
console.log(folder);

/** `/billing/prices/fake%2Fecho-1b` -> `billing-prices-fake-echo-1b` */
function titleOf(path: string): string {
  return decodeURIComponent(path.slice(1)).replaceAll(/[^\w.-]+/g, "-") || "overview";
}
