/** Money, by hand: credit moved and seen in the ledger, prices set now and ahead, a period charged anew, invoices issued, paid and taken back, statements. */
import type { Stack } from "@tera/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { choose, confirm, download, fill, freshName, pick, readTrail } from "./by-hand.ts";
import { callApi } from "./call-api.ts";
import { type Furnished, waitForRequest } from "./furnish.ts";
import type { People } from "./people.ts";

const idSchema = z.object({ id: z.string() });
const madeKeySchema = z.object({ secret: z.string(), key: idSchema });
const pricedSchema = z.object({
  items: z.array(
    z.object({ model: z.string(), inForce: z.object({ input: z.string(), output: z.string() }).nullable() }),
  ),
});
const hourMs = 3_600_000;

export function describeMoney(people: People, stack: Stack, { acme, initech, joinOwing }: Furnished): void {
  test("credit is put in, paid back and corrected, and the ledger says each with its reason", async () => {
    const owner = await people.visit("owner");
    const { page, ask, takeFaults } = owner;
    const { id } = await ask(idSchema, "POST", "/accounts", { name: "Hooli", kind: "prepaid" });
    await page.goto(`/billing/accounts/${id}`);
    for (const [kind, amount, reason, button] of [
      ["Payment that came in", "100.000000001", "Transfer of November", "Book the payment"],
      ["Refund: money was paid back", "30", "Asked for it", "Book the refund"],
      ["Correction, either way", "-0.5", "Counted twice", "Book the correction"],
    ] as const) {
      await page.getByRole("button", { name: "Move credit" }).click();
      const form = page.getByRole("dialog");
      await choose(page, "What", kind, form);
      await fill(form, { Amount: amount, Reason: reason });
      await form.getByRole("button", { name: button }).click();
      await form.waitFor({ state: "detached" });
      await ledgerLine(page, reason).waitFor();
    }
    expect(await ledgerLine(page, "Transfer of November").textContent()).toContain("+$100.000000001");
    expect(await ledgerLine(page, "Asked for it").textContent()).toContain("−$30.00");
    expect(await ledgerLine(page, "Counted twice").textContent()).toContain("−$0.50");
    await page.getByText("$69.500000001").first().waitFor();
    expect(await readTrail(owner, id)).toEqual(["credit.move", "credit.move", "credit.move", "account.create"]);
    expect(await page.getByRole("table").getByText("Hooli").count()).toBe(4);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a price holds from now on, the next one is ahead, and a wrong one of the past is charged anew after a look", async () => {
    const owner = await people.visit("owner");
    const { page, ask, takeFaults } = owner;
    const setPrice = async (amounts: Record<string, string>, from?: Date) => {
      await page.getByRole("button", { name: "New price" }).click();
      const form = page.getByRole("dialog");
      await fill(form, { Input: amounts["input"] ?? "", Output: amounts["output"] ?? "" });
      if (from !== undefined) {
        await pick(form, "In force", "from a moment on");
        await form.getByRole("textbox", { name: "From" }).fill(await localInput(page, from));
      }
      await fill(form, { Reason: amounts["reason"] ?? "" });
      await form.getByRole("button", { name: "Set the price" }).click();
      await page.getByText(`The price of ${stack.model} was set.`).first().waitFor();
    };
    const path = `/billing/prices/${encodeURIComponent(stack.model)}`;
    await page.goto(path);
    const history = page.getByRole("region", { name: "History" });
    await setPrice({ input: "3", output: "7.125", reason: "as announced" }, new Date(Date.now() + 48 * hourMs));
    await history.getByText("ahead").first().waitFor();
    await history.getByText("$7.125").first().waitFor();
    await history
      .getByText(/: as announced/)
      .first()
      .waitFor();

    // From an hour ago on, it should have been ten times as much.
    const { items } = await ask(pricedSchema, "GET", `/prices?search=${encodeURIComponent(stack.model)}`);
    const { input = "", output = "" } = items.find(({ model }) => model === stack.model)?.inForce ?? {};
    const name = freshName("Pied Piper");
    const { id } = await ask(idSchema, "POST", "/accounts", { name, kind: "postpaid" });
    const { secret } = await ask(madeKeySchema, "POST", "/keys", { accountId: id, name: "app" });
    const { requestId } = await callApi(stack, secret);
    await waitForRequest(ask, requestId);
    const { cost } = await ask(z.object({ cost: z.string() }), "GET", `/requests/${requestId}`);
    await setPrice(
      { input: timesTen(input), output: timesTen(output), reason: "was meant to be" },
      new Date(Date.now() - hourMs),
    );
    await confirm(page, "Look");
    await page.waitForURL(/\/billing\/rerate/);
    await page.getByRole("button", { name: "Look at what would change" }).click();
    const row = page.getByRole("row").filter({ hasText: name });
    await row.waitFor();
    const tenfold = timesTen(cost);
    expect(await row.textContent()).toContain(`$${tenfold}`);
    await fill(page, { Reason: "The price was wrong" });
    await page.getByRole("button", { name: "Book the corrections" }).click();
    await confirm(page, "Book");
    await page.getByText(/under the reference/).waitFor();

    await page.goto(`/billing/accounts/${id}`);
    await ledgerLine(page, "The price was wrong").waitFor();
    await page.goto(`/requests/${requestId}`);
    await page.getByText(/Corrected by/).waitFor();
    await page.getByText("In all it costs").getByText(`$${tenfold}`).waitFor();
    expect((await readTrail(owner, id))[0]).toBe("price.rerate");
    // From now on as before.
    await page.goto(path);
    await setPrice({ input, output, reason: "back" });
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("an invoice is issued after a look, is a PDF and a table, is paid, and is taken back by a credit note", async () => {
    const owner = await people.visit("owner");
    const { page, takeFaults } = owner;
    const name = freshName("Vandelay");
    await joinOwing(name);
    await page.goto("/billing/invoices");
    await page.getByRole("button", { name: "Issue invoices" }).first().click();
    const run = page.getByRole("dialog");
    await run.getByRole("button", { name: "Look what is due" }).click();
    const line = run.getByRole("row").filter({ hasText: name });
    await run.getByText("would be issued").waitFor();
    await line.getByText("$2.00").waitFor();
    await run.getByRole("button", { name: /^Issue th/ }).click();
    await run.getByText(/invoices? issued/).waitFor();
    const number = (await line.getByRole("cell").first().textContent()) ?? "";
    await run.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("table").getByRole("link", { name: number }).click();
    await page.getByRole("heading", { name: `Invoice ${number}` }).waitFor();
    await page.getByRole("table", { name: "Lines" }).getByText("Output tokens").waitFor();
    expect((await download(page, "PDF")).subarray(0, 5).toString()).toBe("%PDF-");
    expect((await download(page, "CSV")).toString()).toContain(stack.model);

    await page.getByRole("button", { name: "Record a payment" }).click();
    const payment = page.getByRole("dialog");
    const reference = freshName("bank");
    await fill(payment, { Amount: "1.25", Reference: reference });
    await payment.getByRole("button", { name: "Book the payment" }).click();
    const settlements = page.getByRole("region", { name: "Payments and credit notes" });
    await settlements.getByText(reference).waitFor();
    await page.getByText("$0.75").first().waitFor();

    await page.getByRole("button", { name: "Credit note" }).click();
    await fill(page.getByRole("dialog"), { Reason: "It was late" });
    await page.getByRole("button", { name: "Issue the credit note" }).click();
    await settlements.getByText("It was late").waitFor();
    await settlements.getByRole("link", { name: /Credit note/ }).click();
    await page.getByRole("heading", { name: /^Credit note/ }).waitFor();
    expect((await download(page, "PDF")).subarray(0, 5).toString()).toBe("%PDF-");
    expect(await readTrail(owner, number)).toEqual(["invoice.credit", "invoice.pay", "invoice.issue"]);
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("a statement of a month says what came, what was used and what is left, and is a PDF and a table", async () => {
    const { page, takeFaults } = await people.visit("member", acme.id);
    await page.goto("/billing");
    await page.getByRole("tab", { name: "Statements" }).click();
    const statement = page.getByRole("region", { name: "Statement" });
    await statement.getByText("Payment: Bank transfer").waitFor();
    await statement.getByText("Closing balance").waitFor();
    expect((await download(page, "PDF")).subarray(0, 5).toString()).toBe("%PDF-");
    expect((await download(page, "CSV")).toString()).toContain("Bank transfer");
    expect(takeFaults()).toEqual([]);
    await page.close();
  });

  test("who sells and who buys is said once, and the next invoice has it; the money adds up", async () => {
    const owner = await people.visit("owner");
    const { page, takeFaults } = owner;
    await page.goto("/billing/seller");
    await fill(page, { "Tax id": freshName("DE") });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. Invoices from now on say it.").waitFor();
    await page.goto(`/billing/accounts/${initech.id}`);
    await page.getByRole("tab", { name: "Bill to" }).click();
    await fill(page, { Address: freshName("4120 Freidrich Lane") });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. The next invoice or statement says it.").waitFor();
    expect((await readTrail(owner, initech.id))[0]).toBe("invoice.buyer");

    await page.goto("/billing/check");
    await page.getByRole("button", { name: "Check now" }).first().click();
    await page.getByText("The money adds up.").waitFor();
    expect(takeFaults()).toEqual([]);
    await page.close();
  });
}

function ledgerLine(page: Page, reason: string) {
  return page.getByRole("region", { name: "Ledger" }).getByRole("row").filter({ hasText: reason });
}

/** As the browser's input has it, in its zone. */
async function localInput(page: Page, moment: Date): Promise<string> {
  const shifted = moment.getTime() - Number(await page.evaluate("new Date().getTimezoneOffset()")) * 60_000;
  return new Date(shifted).toISOString().slice(0, 16);
}

/** `0.000020` -> `0.0002`: exact. */
function timesTen(amount: string): string {
  const [whole = "0", fraction = ""] = amount.split(".");
  const digits = `${whole}${fraction}0`;
  const point = whole.length + 1;
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  return `${left}.${digits.slice(point).replace(/0+$/, "").padEnd(2, "0")}`;
}
