/** Running the service, by hand: models as clients are told of them, runners drained, restarted, unloaded and loaded, and what their engines wrote. */
import { ownModel, type Stack } from "@tera/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { choose, comeBack, confirm, fill, readTrail } from "./by-hand.ts";
import { callApi } from "./call-api.ts";
import type { People } from "./people.ts";

const listedSchema = z.object({ id: z.string(), name: z.string(), description: z.string() });

export function describeOperation(people: People, stack: Stack): void {
  async function listed() {
    const response = await fetch(`${stack.baseUrl}/models/${ownModel}`, {
      headers: { authorization: `Bearer ${stack.apiKey}` },
    });
    return listedSchema.parse(await response.json());
  }

  test("what is said of a model wins over its runners, clients are told of it, and it can be given back", async () => {
    const owner = await people.visit("owner");
    const { page, takeFaults } = owner;
    await owner.ask(z.unknown(), "PATCH", `/models/${encodeURIComponent(ownModel)}`, {
      name: null,
      description: null,
      features: null,
    });
    const before = await listed();
    await page.goto("/models");
    await page.getByRole("textbox", { name: "Search id or name" }).fill(ownModel);
    await page.waitForURL(/search=/);
    await page.getByRole("table").getByText(stack.model).waitFor({ state: "detached" });
    await page.getByRole("table").getByText(ownModel).first().click();
    const form = page.getByRole("region", { name: "Say it yourself" });
    await fill(form, { Name: "Own, the friendly", Description: "For small talk." });
    await choose(page, "Can", "tools", form);
    await page.keyboard.press("Escape");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Own, the friendly", level: 1 }).waitFor();
    await expect.poll(listed, { timeout: 15_000 }).toMatchObject({
      name: "Own, the friendly",
      description: "For small talk.",
    });
    await form.getByRole("button", { name: "Give back: Name" }).click();
    await form.getByRole("button", { name: "Give back: Description" }).click();
    await form.getByRole("button", { name: "Give back: Can" }).click();
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Own, the friendly", level: 1 }).waitFor({ state: "detached" });
    await expect.poll(listed, { timeout: 15_000 }).toEqual(before);
    expect((await readTrail(owner, ownModel)).slice(0, 2)).toEqual(["model.change", "model.change"]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("what is being said of a model stays in the form when somebody else says something of it", async () => {
    const { page, ask, takeFaults } = await people.visit("owner");
    const say = (change: object) => ask(z.unknown(), "PATCH", `/models/${encodeURIComponent(ownModel)}`, change);
    await say({ ownedBy: null, description: null });
    await page.clock.install();
    await page.goto(`/models/${encodeURIComponent(ownModel)}`);
    const form = page.getByRole("region", { name: "Say it yourself" });
    const description = form.getByRole("textbox", { name: "Description", exact: true });
    await description.click();
    await page.keyboard.type("Half a sen");
    await say({ ownedBy: "Somebody else" });
    await comeBack(page);
    await expect.poll(() => form.getByRole("textbox", { name: /Made by/ }).inputValue()).toBe("Somebody else");
    await page.keyboard.type("tence.");
    await form.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => form.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await page.reload();
    expect(await form.getByRole("textbox", { name: /Description/ }).inputValue()).toBe("Half a sentence.");
    expect(await form.getByRole("textbox", { name: /Made by/ }).inputValue()).toBe("Somebody else");
    await say({ ownedBy: null, description: null });
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a runner is drained and resumed, restarted, unloaded and loaded, and its last lines are read", async () => {
    const owner = await people.visit("owner");
    const { page, takeFaults } = owner;
    const status = async () => (await callApi(stack, stack.apiKey, { model: ownModel })).status;
    const id = `${stack.workers[0]?.workerId}/own`;
    for (const action of ["load", "resume"]) await owner.ask(z.unknown(), "POST", `/runners/${id}/${action}`);
    await page.goto("/runners");
    const runner = page.getByRole("article", { name: "Runner own" });
    const state = (label: string) => runner.getByText(label, { exact: true }).waitFor();
    await state("Ready");
    expect(await status()).toBe(200);

    await act(page, "Drain");
    await page.getByRole("dialog").getByText("No other runner takes requests for:").waitFor();
    await page.getByRole("dialog").getByText(ownModel).waitFor();
    await confirm(page, "Drain");
    await state("Drained");
    await expect.poll(status, { timeout: 15_000 }).toBeGreaterThanOrEqual(400);
    await act(page, "Resume");
    await state("Ready");
    await expect.poll(status, { timeout: 15_000 }).toBe(200);

    await act(page, "Restart");
    await confirm(page, "Restart");
    await page.getByText("own is being restarted.").waitFor();
    await state("Ready");
    await act(page, "Unload");
    await confirm(page, "Unload");
    await state("Unloaded");
    await act(page, "Load");
    await state("Ready");
    await expect.poll(status, { timeout: 15_000 }).toBe(200);

    await act(page, "Last log lines");
    await page
      .getByRole("dialog")
      .getByText(/fake runner on http/)
      .first()
      .waitFor();
    await page.keyboard.press("Escape");
    expect((await readTrail(owner, id)).slice(0, 5)).toEqual([
      "runner.load",
      "runner.unload",
      "runner.restart",
      "runner.resume",
      "runner.drain",
    ]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}

async function act(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: "What to do with own" }).click();
  await page.getByRole("menuitem", { name: item }).click();
}
