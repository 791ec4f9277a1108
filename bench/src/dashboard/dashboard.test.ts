import { readFile } from "node:fs/promises";
import { vitestServices } from "@tera/testkit";
import { expect, test } from "vitest";
import { openWorkbench } from "../workbench.ts";
import { firstOfEachRoute, runDashboard } from "./dashboard.ts";
import { customerPages, ownerPages } from "./pages.ts";
import { aboutAnother } from "./replay.ts";

const sizes = { keys: 100, accounts: 5 };

test("every page of the web is measured", async () => {
  const router = await readFile(new URL("../../../apps/dashboard/web/src/router.tsx", import.meta.url), "utf8");
  const routes = [...router.matchAll(/^ {2}path: "([^"]+)"/gm)].map(([, path]) => path);
  const behindSignIn = routes.filter((path) => path !== "/sign-in" && path !== "/invite");
  expect(behindSignIn.length).toBeGreaterThan(20);
  expect([...new Set(ownerPages(sizes).map(({ route }) => route))].toSorted()).toEqual(behindSignIn.toSorted());
  expect(behindSignIn).toEqual(expect.arrayContaining(customerPages(sizes).map(({ route }) => route)));
});

test("a question is asked again about another subject, and nothing else of it changes", () => {
  const one = {
    accountId: "acct_1",
    keyId: "key_1_1",
    requestId: "req_a",
    invoice: "2026-000001",
    batchId: "batch_1",
    model: "a/b",
  };
  const other = {
    accountId: "acct_2",
    keyId: "key_2_2",
    requestId: "req_b",
    invoice: "2026-000002",
    batchId: "batch_2",
    model: "c/d",
  };
  const path = "/admin/api/keys/key_1_1/usage?accountId=acct_1&other=acct_12&model=a%2Fb&of=key_1_1,key_1_12";
  expect(aboutAnother(path, one, other)).toBe(
    "/admin/api/keys/key_2_2/usage?accountId=acct_2&other=acct_12&model=c%2Fd&of=key_2_2,key_1_12",
  );
});

test("the dashboard benchmark opens every page in a browser, asks for its data again, and stops what it started", async () => {
  await using workbench = await openWorkbench(() => undefined, vitestServices);
  const { rows } = await runDashboard(workbench, {
    events: 3_000,
    keys: sizes.keys,
    onlyPlain: true,
    times: 2,
    livePages: 3,
    rounds: 1,
    seconds: 1,
    ownPostgres: false,
    onlyNode: true,
  });
  const pages = rows.filter((row) => "page" in row);
  const plain = [ownerPages(sizes), customerPages(sizes)].flatMap(firstOfEachRoute);
  expect(pages.map(({ page }) => page.split(": ")[1])).toEqual(plain.map(({ name }) => name));
  for (const { page, requests, p95Ms } of pages) {
    // Who is signed in, and at least one thing more.
    expect(requests, page).toBeGreaterThan(1);
    expect(p95Ms, page).toBeGreaterThan(0);
  }
  // Its weight does not hang on the machine: every build is held to it.
  expect(rows.find((row) => "webGzipKb" in row)).toMatchObject({ met: true });
  expect(rows.find((row) => "livePages" in row)).toMatchObject({ livePages: 3 });
}, 180_000);
