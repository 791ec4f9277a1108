/** The playground as people use it: settings half typed, answers read while they come, left in the middle, broken off. */
import type { Stack } from "@tera/testkit";
import { expect, test } from "vitest";
import type { People } from "./people.ts";

export function describePlayground(people: People, stack: Stack): void {
  test("tools that are half typed are told, and the page stays as it is", async () => {
    const { page, takeFaults } = await people.visit("member", stack.accountId);
    await page.goto("/playground");
    await page.getByLabel("Tools").click();
    await page.keyboard.type("[{");
    await page.getByText("is not valid JSON").waitFor();
    expect(await page.getByLabel("Tools").inputValue()).toBe("[{");
    expect(await page.getByRole("button", { name: "Code" }).isDisabled()).toBe(true);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("who leaves the page in the middle of an answer gives it up", async () => {
    const { page, takeFaults } = await people.visit("member", stack.accountId);
    await page.goto("/playground");
    // It is on its way for as long as somebody waits for it.
    await page.route("**/chat/completions", () => undefined);
    const given = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/chat/completions"));
    const asked = page.waitForRequest("**/chat/completions");
    await page.getByLabel("Your message").fill("a long story");
    await page.keyboard.press("Enter");
    await asked;
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Keys" }).click();
    expect((await given).failure()?.errorText).toBe("net::ERR_ABORTED");
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a question that does not reach the dashboard is told in words, and stays to be read", async () => {
    const { page, takeFaults } = await people.visit("member", stack.accountId);
    await page.goto("/playground");
    await page.route("**/chat/completions", (route) => route.abort("connectionrefused"));
    await page.getByLabel("Your message").fill("Is anybody there?");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The dashboard does not answer").waitFor();
    await page.getByText("Is anybody there?").waitFor();
    expect(takeFaults(/ERR_CONNECTION_REFUSED/)).toEqual([]);
    await page.close();
  });

  test("who reads further up is not taken down by what is added, and is by a new question", async () => {
    const { page, takeFaults } = await people.visit("member", stack.accountId);
    await page.addInitScript(heldAnswers);
    await page.goto("/playground");
    await page.getByLabel("Your message").fill("a long story");
    await page.keyboard.press("Enter");
    const say = (text: string) => page.evaluate(`window.say(${JSON.stringify(text)})`);
    await say("once upon a time\n".repeat(200));
    await page.getByTestId("answer").waitFor();
    const scrolled = () =>
      page.evaluate("document.querySelector('[data-testid=answer]').closest('.mantine-ScrollArea-viewport').scrollTop");
    await expect.poll(scrolled, { timeout: 10_000 }).toBeGreaterThan(500);
    await page.getByTestId("answer").hover();
    await page.mouse.wheel(0, -100_000);
    await expect.poll(scrolled, { timeout: 10_000 }).toBe(0);
    await say("and they lived\n".repeat(20));
    await page.getByText("and they lived").waitFor();
    expect(await scrolled()).toBe(0);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByLabel("Your message").fill("another");
    await page.keyboard.press("Enter");
    await expect.poll(scrolled, { timeout: 10_000 }).toBeGreaterThan(500);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}

/** Answers say what `window.say` is told to, and do not end. Text: it runs in the browser. */
const heldAnswers = `{
  const ask = window.fetch;
  let writer;
  window.fetch = async (address, options) => {
    if (!String(address).endsWith("/chat/completions")) return ask(address, options);
    const pipe = new TransformStream();
    writer = pipe.writable.getWriter();
    options.signal.addEventListener("abort", () => void writer.abort(new DOMException("", "AbortError")).catch(() => undefined));
    return new Response(pipe.readable, { headers: { "content-type": "text/event-stream" } });
  };
  window.say = (content) => void writer.write(
    new TextEncoder().encode("data: " + JSON.stringify({ choices: [{ delta: { content } }] }) + "\\n\\n"),
  ).catch(() => undefined);
}`;
