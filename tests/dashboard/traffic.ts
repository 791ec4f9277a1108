/** What was asked, by hand: a request is found and explained, usage is narrowed and saved. */
import type { Stack } from "@tera/testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { choose, download } from "./by-hand.ts";
import { callApi } from "./call-api.ts";
import { type Furnished, waitForRequest } from "./furnish.ts";
import type { People } from "./people.ts";

const madeKeySchema = z.object({ secret: z.string(), key: z.object({ id: z.string() }) });

export function describeTraffic(people: People, stack: Stack, { acme, globex }: Furnished): void {
  test("a request is found by its id, and its page tells its life, its attempts and how its cost came about", async () => {
    const { page, takeFaults } = await people.visit("owner");
    await page.goto("/requests");
    await page.getByRole("table").getByText(globex.requestId).waitFor();
    await page.getByLabel("Request id").fill(acme.requestId);
    await page.getByRole("table").getByText(globex.requestId).waitFor({ state: "detached" });
    await page.getByRole("row").filter({ hasText: acme.requestId }).getByRole("link").click();
    await page.getByText("It was answered up to its limit of tokens").waitFor();
    const moments = page.getByRole("table", { name: "Moments" });
    for (const step of ["Admitted", "Accepted by the runner", "First token", "Ended", "Settled"]) {
      await moments.getByText(step).waitFor();
    }
    await page.getByRole("table", { name: "Attempts" }).getByText("runner-1").waitFor();
    // The first: a re-rating adds others.
    const lines = page.getByRole("table", { name: "Lines of the cost" }).first();
    await lines.getByText("Input tokens").waitFor();
    await lines.getByText("Output tokens").waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("why a request was refused is said in plain words, to the operator and to its customer", async () => {
    const owner = await people.visit("owner");
    const { secret } = await owner.ask(madeKeySchema, "POST", "/keys", {
      accountId: acme.id,
      name: "narrow",
      modelScope: ["some/other"],
    });
    const { status, requestId } = await callApi(stack, secret);
    expect(status).toBeGreaterThanOrEqual(400);
    await waitForRequest(owner.ask, requestId);
    const customer = await people.visit("member", acme.id);
    for (const { page, takeFaults } of [owner, customer]) {
      await page.goto("/requests?status=refused");
      await page.getByText(/refused in this period/).waitFor();
      await page.getByRole("row").filter({ hasText: requestId }).getByRole("link").click();
      await page.getByText("The client was told:").waitFor();
      await page
        .getByRole("main")
        .getByText(/key may not use|may not use|not allowed|does not exist/i)
        .first()
        .waitFor();
      expect(takeFaults()).toEqual([]);
      await page.close();
    }
  });

  test("usage is narrowed to a key of an account and told by model, in the address too, and saved as CSV", async () => {
    const { page, takeFaults } = await people.visit("owner");
    await page.goto("/usage");
    await choose(page, "Account", acme.name);
    await choose(page, "Key", new RegExp(`^${acme.name} app`));
    await page.getByRole("radiogroup", { name: "Group by" }).getByText("Model").click();
    const figures = page.getByRole("region", { name: "Figures" });
    await figures.getByRole("button", { name: stack.model }).waitFor();
    const narrowed = { accountId: acme.id, keyId: acme.keyId, by: "model" };
    await page.waitForURL(({ searchParams }) =>
      Object.entries(narrowed).every(([name, value]) => searchParams.get(name) === value),
    );
    const rows = (await download(page, "CSV")).toString().trim().split(/\r?\n/);
    expect(rows[0]).toMatch(/^day,model,requests,/);
    expect(rows).toHaveLength(2);
    const [, model, requests, failed] = rows[1]?.split(",") ?? [];
    expect([model, failed]).toEqual([stack.model, "0"]);
    expect(Number(requests)).toBeGreaterThan(0);
    await figures.getByRole("button", { name: stack.model }).click();
    await figures.getByText("Day (UTC)").waitFor();
    await page.waitForURL(({ searchParams }) => searchParams.get("model") === stack.model);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}
