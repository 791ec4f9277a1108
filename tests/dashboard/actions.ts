/** What each page is there for, done by hand: each once, from the button to what it changed. */
import { ownModel, type Stack, waitForStillness } from "@tera/testkit";
import { expect, test } from "vitest";
import { freshName } from "./by-hand.ts";
import type { People } from "./people.ts";

export function describeActions(people: People, stack: Stack): void {
  test("an account is made, is in the list and in the audit log", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    const name = freshName("Northwind");
    await page.goto("/accounts");
    await page.getByRole("button", { name: "New account" }).first().click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Name").fill(name);
    await form.getByRole("button", { name: "Create" }).click();
    await page.getByText(`${name} was created.`).waitFor();
    await page.getByRole("table").getByText(name).waitFor();
    await page.goto("/audit");
    await page.getByRole("main").getByText(name).first().waitFor();
    expect(takeFaults()).toEqual([]);
    await context.close();
  });

  test("a link for somebody and a token for a script are shown once, and never again", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    const seen: string[] = [];
    page.on("response", async (response) => {
      if (response.request().method() === "GET") seen.push(await response.text().catch(() => ""));
    });
    const slip = async () => {
      await page.keyboard.press("Escape");
      await page.mouse.click(5, 790);
      await waitForStillness(page);
    };
    await page.goto("/members");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByRole("dialog").getByLabel("E-mail").fill(people.freshEmail());
    await page.getByRole("dialog").getByRole("button", { name: "Make the link" }).click();
    const link = (await page.getByTestId("secret").textContent()) ?? "";
    await slip();
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();

    const name = freshName("nightly");
    await page.goto("/members?tab=tokens");
    await page.getByRole("button", { name: "New token" }).first().click();
    await page.getByRole("dialog").getByLabel("Name").fill(name);
    await page.getByRole("dialog").getByRole("button", { name: "Make" }).click();
    const token = (await page.getByTestId("secret").textContent()) ?? "";
    await slip();
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
    await page.reload();
    await page.getByText(name).waitFor();

    for (const secret of [link.split("#")[1] ?? link, token]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(await page.content()).not.toContain(secret);
      expect(seen.join("")).not.toContain(secret);
    }
    expect(takeFaults()).toEqual([]);
    await context.close();
  });

  test("a question in the playground is answered piece by piece, and what it cost is shown", async () => {
    const { page, context, takeFaults } = await people.enter("member", { accountId: stack.accountId });
    await page.goto("/playground");
    await page.getByLabel("Your message").fill("please think first");
    await page.keyboard.press("Enter");
    await page.getByTestId("reasoning").waitFor();
    await page.getByTestId("answer").waitFor();
    await page
      .getByTestId("facts")
      .getByText(/tokens/)
      .waitFor();
    expect(takeFaults(/404 .*\/playground\/.*\/requests\//)).toEqual([]);
    await context.close();
  });

  test("two columns answer the same question, and the call is shown for curl, Python and Node", async () => {
    const { page, context, takeFaults } = await people.enter("member", { accountId: stack.accountId });
    await page.goto("/playground");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByLabel("Your message").fill("Hello to both of you!");
    await page.keyboard.press("Enter");
    await page
      .getByTestId("facts")
      .nth(1)
      .getByText(/tokens/)
      .waitFor();
    expect(await page.getByTestId("answer").count()).toBe(2);
    await page.getByRole("button", { name: "Close this column" }).first().click();
    await page.getByRole("button", { name: "Code" }).click();
    const code = page.getByRole("dialog");
    for (const [language, words] of [
      ["curl", "curl "],
      ["Python", "from openai import OpenAI"],
      ["Node", 'import OpenAI from "openai"'],
    ] as const) {
      await code.getByRole("tab", { name: language }).click();
      await code.getByText(words).first().waitFor();
    }
    expect(takeFaults(/404 .*\/playground\/.*\/requests\//)).toEqual([]);
    await context.close();
  });

  test("speech is played, and what is played is sound", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    const path = `/admin/api/models/${encodeURIComponent(stack.model)}`;
    const change = (outputModalities: string[] | null) =>
      page.request.patch(path, { data: { outputModalities }, headers: { origin: people.url } });
    expect((await change(["text", "audio"])).status()).toBe(200);
    await page.goto(`/playground?mode=speech&account=${stack.accountId}`);
    await page.getByLabel("Text").fill("Hello, world.");
    await page.getByRole("button", { name: "Speak" }).click();
    await page.getByLabel("What was spoken").waitFor();
    await expect
      .poll(() => page.evaluate("document.querySelector('audio').readyState"), { timeout: 15_000 })
      .toBeGreaterThan(1);
    expect(Number(await page.evaluate("document.querySelector('audio').duration"))).toBeGreaterThan(0.1);
    expect((await change(null)).status()).toBe(200);
    expect(takeFaults(/404 .*\/playground\/.*\/requests\//)).toEqual([]);
    await context.close();
  });

  test("a key's page leads to its requests and usage, a model's to its prices, without loading anew", async () => {
    const { page, context, takeFaults } = await people.enter("owner");
    const follow = async (from: string, link: string, to: RegExp) => {
      await page.goto(from);
      await page.evaluate("window.isSamePage = true");
      await page.getByRole("main").getByRole("link", { name: link, exact: true }).click();
      await page.waitForURL(to);
      expect(await page.evaluate("window.isSamePage")).toBe(true);
    };
    await follow(`/keys/${stack.keyId}`, "Requests", new RegExp(`/requests\\?.*keyId=${stack.keyId}`));
    await follow(`/keys/${stack.keyId}`, "Usage", new RegExp(`/usage\\?.*keyId=${stack.keyId}`));
    await follow(`/models/${encodeURIComponent(ownModel)}`, "Give it a price", /\/billing\/prices\/./);
    expect(takeFaults()).toEqual([]);
    await context.close();
  });
}
