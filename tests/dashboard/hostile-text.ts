/** Text that others chose is text wherever it is shown: names, what a model says, errors. */
import { expect, test } from "vitest";
import type { People } from "./people.ts";

const hostile = [
  `<img src=x onerror="alert('img')">`,
  `"><script>alert("script")</script>`,
  `javascript:alert("link")`,
  `<svg/onload=alert(1)>{{constructor.constructor("alert(1)")()}}`,
];

export function describeHostileText(people: People): void {
  test("names of accounts, keys and people", { timeout: 90_000 }, async () => {
    const { page, context, takeFaults } = await people.enter("owner", { name: hostile[0] ?? "" });
    const ask = (path: string, data: object) =>
      page.request.post(`/admin/api${path}`, { data, headers: { origin: people.url } });
    for (const name of hostile) {
      const { id } = await (await ask("/accounts", { name, kind: "prepaid" })).json();
      expect((await ask("/keys", { accountId: id, name })).status()).toBe(200);
      expect((await ask("/tokens", { name, role: "viewer" })).status()).toBe(200);
      await page.goto(`/accounts/${id}`);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
    }
    for (const path of ["/accounts", "/keys", "/audit", "/members?tab=tokens"]) {
      await page.goto(path);
      const shown = page.getByRole("main").getByText(hostile[1] ?? "");
      await expect.poll(() => shown.count(), { message: path, timeout: 10_000 }).toBeGreaterThan(0);
    }
    expect(takeFaults()).toEqual([]);
    await context.close();
  });

  test("what a model says, thinks and fails with", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    const text = hostile.join(" ");
    const frame = (delta: object) => `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta }] })}\n\n`;
    const error = `data: ${JSON.stringify({ error: { message: `failed: ${text}`, type: "server_error", code: "x" } })}\n\n`;
    await page.route("**/chat/completions", (route) =>
      route.fulfill({
        contentType: "text/event-stream",
        body: frame({ reasoning_content: `thought: ${text}` }) + frame({ content: `said: ${text}` }) + error,
      }),
    );
    await page.goto("/playground");
    await page.getByLabel("Your message").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
    for (const kind of ["thought", "said", "failed"]) await page.getByText(`${kind}: ${text}`).waitFor();
    expect(await page.locator("main img, main svg[onload], main script").count()).toBe(0);
    expect(takeFaults()).toEqual([]);
    await context.close();
  });
}
