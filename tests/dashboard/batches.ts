/** Batches by hand: seen while they run, paused, resumed and cancelled, their results fetched; by their owner and by the operator. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type Stack, waitForStillness } from "@tera/testkit";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { choose, confirm, download, fill, freshName, readTrail } from "./by-hand.ts";
import { type Furnished, join } from "./furnish.ts";
import type { People } from "./people.ts";
import { startBatch, toLines } from "./start-batch.ts";

/** Of one that comes to its end, and of one that does not before somebody has pressed a button. */
const few = 60;
const many = 5_000;

export function describeBatches(people: People, stack: Stack, { acme }: Furnished): void {
  test("a customer starts a batch of a file, once the file is right, and sees it end", {
    timeout: 120_000,
  }, async () => {
    const owner = await people.visit("owner");
    const tyrell = await join(owner.ask, stack, "Tyrell");
    const { page, takeFaults } = await people.visit("member", tyrell.id);
    await page.goto("/batches");
    await page.getByRole("button", { name: "New batch" }).first().click();
    const form = page.getByRole("dialog");
    const put = (text: string) =>
      form
        .locator("input[type=file]")
        .setInputFiles({ name: "poems.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(text) });
    const good = toLines(stack.model, few);
    await put(`${good}\n{"custom_id": "other"}\n`);
    await form.getByText(/^\d.* kB$/).waitFor();
    await choose(page, "Key", /^Tyrell app/, form);
    await form.getByRole("button", { name: "Add an entry" }).click();
    await fill(form, { "Name 1": "run", "Value 1": "7" });
    await form.getByRole("button", { name: "Start the batch" }).click();
    await form.getByText(`Line ${few + 1}: `).waitFor();
    expect(takeFaults(/status of 400 .*\/admin\/api\/files/)).toEqual([]);

    await form.getByRole("button", { name: "Choose another file" }).click();
    await put(good);
    await form.getByRole("button", { name: "Start the batch" }).click();
    await page.getByRole("heading", { name: "poems.jsonl", level: 1 }).waitFor();
    await status(page, "completed").waitFor({ timeout: 90_000 });
    await page.getByText(`${few} of ${few} lines`).waitFor();
    expect((await download(page, "Download: Input")).toString()).toBe(good);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    expect(await owner.ask(z.object({ metadata: z.unknown() }), "GET", `/batches/${id}`)).toEqual({
      metadata: { run: "7" },
    });
    expect(await readTrail(owner, id)).toEqual(["batch.create"]);
    expect([...takeFaults(), ...owner.takeFaults()]).toEqual([]);
    await owner.page.close();
    await page.close();
  });

  test("a file is dropped; beside its place nothing happens; one that has changed since is to be chosen again; nobody leaves an upload by a slip", {
    timeout: 60_000,
  }, async () => {
    const folder = await mkdtemp(`${tmpdir()}/tera-drop-`);
    const path = `${folder}/dropped.jsonl`;
    await writeFile(path, toLines(stack.model, 2));
    const { page, takeFaults } = await people.visit("member", acme.id);
    await page.goto("/batches");
    await page.getByRole("button", { name: "New batch" }).first().click();
    const form = page.getByRole("dialog");
    await waitForStillness(page);
    await drop(page, form.getByText("Metadata", { exact: true }), path);
    expect(await form.getByText("dropped.jsonl").count()).toBe(0);
    await drop(page, form.getByText("Drop a file here, or choose one"), path);
    await form.getByText("dropped.jsonl").waitFor();
    await choose(page, "Key", new RegExp(`^${acme.name} app`), form);

    await writeFile(path, toLines(stack.model, 3));
    await form.getByRole("button", { name: "Start the batch" }).click();
    await form.getByText(/changed since it was chosen/).waitFor();
    await form.getByRole("button", { name: "Choose another file" }).click();
    await drop(page, form.getByText("Drop a file here, or choose one"), path);
    const held = Promise.withResolvers<void>();
    await page.route("**/admin/api/files?*", async (route) => {
      await held.promise;
      await route.continue();
    });
    await form.getByRole("button", { name: "Start the batch" }).click();
    await form.getByText("Uploading the file").waitFor();
    const [question] = await Promise.all([page.waitForEvent("dialog"), page.evaluate("location.reload()")]);
    expect(question.type()).toBe("beforeunload");
    expect(takeFaults(/^dialog: $/)).toEqual([]);
    held.resolve();
    await page.getByRole("heading", { name: "dropped.jsonl", level: 1 }).waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
    await rm(folder, { recursive: true });
  });

  test("a customer goes on with a batch that it paused, sees it end, and fetches what came of it", {
    timeout: 120_000,
  }, async () => {
    const owner = await people.visit("owner");
    const umbrella = await join(owner.ask, stack, "Umbrella");
    const { page, ask, takeFaults } = await people.visit("member", umbrella.id);
    const id = await startBatch(stack, umbrella.key, { filename: "letters.jsonl", lines: few });
    await ask(z.unknown(), "POST", `/batches/${id}/pause`, {});
    await page.goto("/batches");
    await page.getByRole("table").getByText("letters.jsonl").click();
    await page.getByRole("heading", { name: "letters.jsonl", level: 1 }).waitFor();
    await page.getByText("It is paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("It is paused", { exact: true }).waitFor({ state: "detached" });

    // Nobody loads the page anew.
    await status(page, "completed").waitFor({ timeout: 90_000 });
    await page.getByText(`${few} of ${few} lines`).waitFor();
    await page.getByRole("table", { name: "Lines by model" }).getByText(stack.model).waitFor();
    const output = (await download(page, "Download: Output")).toString().trim().split("\n");
    expect(output).toHaveLength(few);
    expect((await download(page, "Download: Input")).toString().split("\n")).toHaveLength(few);
    expect(await page.getByRole("button", { name: "Cancel" }).count()).toBe(0);
    expect(await readTrail(owner, id)).toEqual(["batch.resume", "batch.pause"]);
    expect([...takeFaults(), ...owner.takeFaults()]).toEqual([]);
    await owner.page.close();
    await page.close();
  });

  test("what the operator pauses only they resume; cancelled, it tells what was not begun", {
    timeout: 120_000,
  }, async () => {
    const owner = await people.visit("owner");
    const hooli = await join(owner.ask, stack, "Hooli");
    const filename = `${freshName("names")}.jsonl`;
    const id = await startBatch(stack, hooli.key, { filename, lines: many });
    await owner.page.goto("/batches");
    await owner.page.getByRole("textbox", { name: "Search id or file name" }).fill(filename.slice(0, -2));
    await owner.page.waitForURL(/search=names/);
    await owner.page.getByRole("table").getByText(filename).click();
    await press(owner.page, "Pause");
    await owner.page.getByText("The operator has paused it", { exact: true }).waitFor();

    const customer = await people.visit("member", hooli.id);
    await customer.page.goto(`/batches/${id}`);
    await customer.page.getByText("The operator has paused it", { exact: true }).waitFor();
    expect(await customer.page.getByRole("button", { name: "Resume" }).count()).toBe(0);
    await press(customer.page, "Cancel", "Cancel the batch");
    await status(customer.page, "cancelled").waitFor({ timeout: 60_000 });
    await customer.page.getByRole("table", { name: "Lines by error" }).getByText("batch_cancelled").waitFor();
    const errors = (await download(customer.page, "Download: Errors")).toString();
    expect(errors).toContain("batch_cancelled");

    const viewer = await people.visit("viewer");
    await viewer.page.goto(`/batches/${id}`);
    await status(viewer.page, "cancelled").waitFor();
    expect(await viewer.page.getByRole("link", { name: /^Download/ }).count()).toBe(0);
    const stranger = await people.visit("member", acme.id);
    await stranger.page.goto(`/batches/${id}`);
    await stranger.page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    expect(stranger.takeFaults(/status of 404 .*\/admin\/api\//)).toEqual([]);
    for (const { page, takeFaults } of [owner, customer, viewer, stranger]) {
      expect(takeFaults()).toEqual([]);
      await page.close();
    }
  });

  test("while the lane of a model is paused none of its lines is begun, and then all are", {
    timeout: 120_000,
  }, async () => {
    const owner = await people.visit("owner");
    const { page } = owner;
    const stark = await join(owner.ask, stack, "Stark");
    await owner.ask(z.unknown(), "POST", `/queue/${encodeURIComponent(stack.model)}/resume`);
    await page.goto("/queue");
    await page.getByRole("button", { name: `Pause ${stack.model}` }).click();
    await confirm(page, "Pause");
    await page.getByRole("button", { name: `Resume ${stack.model}` }).waitFor();
    const id = await startBatch(stack, stark.key, { filename: "held.jsonl", lines: few });
    const lane = page.getByRole("table", { name: "Lines by model" }).getByRole("row").filter({ hasText: stack.model });
    // They are in the queue of the lane, where nobody takes them.
    const queued = lane.getByRole("cell").nth(3);
    await expect
      .poll(async () => Number((await queued.textContent())?.replaceAll(",", "")), { timeout: 30_000 })
      .toBeGreaterThanOrEqual(few);
    const counts = z.object({ counts: z.object({ completed: z.number() }) });
    expect(await owner.ask(counts, "GET", `/batches/${id}`)).toEqual({ counts: { completed: 0 } });
    await page.goto(`/batches/${id}`);
    await page.getByText("paused by the operator, for all batches").waitFor();
    await page.goto("/queue");
    await page.getByRole("button", { name: `Resume ${stack.model}` }).click();
    await page.getByRole("button", { name: `Pause ${stack.model}` }).waitFor();
    await page.goto(`/batches/${id}`);
    await status(page, "completed").waitFor({ timeout: 60_000 });
    // Of a model; others have changed what is said of it.
    const ofQueue = (await readTrail(owner, stack.model)).filter((action) => action.startsWith("queue."));
    expect(ofQueue.slice(0, 2)).toEqual(["queue.resume", "queue.pause"]);
    expect(owner.takeFaults()).toEqual([]);
    await page.close();
  });
}

/** As from the system's file manager: what the page leaves to the browser, the browser does. @param path on this machine */
async function drop(page: Page, on: Locator, path: string): Promise<void> {
  const box = await on.boundingBox();
  if (box === null) throw new Error("there is nothing to drop on");
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devtools.send("Input.dispatchDragEvent", {
      type,
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      data,
    });
  }
  await devtools.detach();
}

/** What takes something away asks first. */
async function press(page: Page, button: string, yes = button): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: button, exact: true }).click();
  await confirm(page, yes);
}

const status = (page: Page, word: string) => page.getByRole("main").getByText(word, { exact: true }).first();
