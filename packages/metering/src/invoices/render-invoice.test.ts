import type { Invoice, InvoiceLine } from "@tera/database";
import { expect, test } from "vitest";
import { renderCsv } from "./csv.ts";
import { type PrintableInvoice, renderInvoiceCsv, renderInvoicePdf } from "./render-invoice.ts";
import { addUp } from "./round-cents.ts";

function line(values: Partial<InvoiceLine>): InvoiceLine {
  return {
    invoiceNumber: "2026-000123",
    line: 1,
    kind: "usage",
    model: "Qwen/Qwen2.5-7B-Instruct",
    keyId: "key_1",
    keyName: "production",
    priceId: "price_1",
    lane: "interactive",
    measure: "input",
    quantity: 1_234_567n,
    unitNano: 70n,
    description: null,
    amountNano: 1_234_567n * 70n,
    ...values,
  };
}

function exampleInvoice(models = 1): PrintableInvoice {
  const lines = Array.from({ length: models }, (_, index) => {
    const model = `Qwen/Qwen2.5-${index + 7}B-Instruct`;
    return [
      line({ model }),
      line({ model, measure: "cached_input", quantity: 40_000n, unitNano: 7n, amountNano: 280_000n }),
      line({ model, measure: "output", quantity: 9_876_543n, unitNano: 280n, amountNano: 2_765_432_040n }),
      line({ model, lane: "batch", keyName: "nächtlich Ночь", quantity: 5_000n, amountNano: 350_000n }),
      line({
        model,
        lane: "batch",
        keyName: "nächtlich Ночь",
        kind: "discount",
        measure: null,
        quantity: null,
        unitNano: null,
        description: "Batch discount",
        amountNano: -175_001n,
      }),
    ];
  }).flat();
  lines.push(
    line({
      kind: "adjustment",
      model: null,
      keyId: null,
      measure: null,
      quantity: null,
      unitNano: null,
      lane: null,
      description: "=Set-up, once",
      amountNano: 50_000_000_000n,
    }),
  );
  const totals = addUp(
    lines.reduce((sum, { amountNano }) => sum + amountNano, 0n),
    1_900,
  );
  const invoice: Invoice = {
    number: "2026-000123",
    year: 2026,
    seq: 123,
    kind: "invoice",
    accountId: "acct_4f8Zs0aBcDeFgHiJ",
    month: "2026-11",
    refersTo: null,
    fromSeq: 1n,
    throughSeq: 9n,
    issuedAt: new Date("2026-12-01T00:20:00Z"),
    dueAt: new Date("2026-12-31T00:20:00Z"),
    author: "gateway:g1",
    reason: null,
    seller: {
      name: "Terawatt GmbH",
      address: "Straße 1\n10115 Berlin",
      taxId: "DE123456789",
      email: "billing@example.com",
    },
    buyer: {
      name: "Łódź Research Sp. z o.o.",
      address: "ul. Piotrkowska 1\n90-001 Łódź\nPoland",
      taxId: null,
      email: null,
    },
    taxRateBasisPoints: 1_900,
    ledgerTransactionId: 1n,
    ...totals,
  };
  return { ...invoice, lines };
}

test("the same invoice gives the same PDF, byte for byte, however often it is rendered", async () => {
  const one = Buffer.from(await renderInvoicePdf(exampleInvoice(), "Pay by bank."));
  const two = Buffer.from(await renderInvoicePdf(exampleInvoice(), "Pay by bank."));
  expect(one.equals(two)).toBe(true);
  expect(one.subarray(0, 5).toString()).toBe("%PDF-");
});

test("an invoice with many lines goes on over several pages", async () => {
  const pages = async (models: number) =>
    Buffer.from(await renderInvoicePdf(exampleInvoice(models), null))
      .toString("latin1")
      .match(/\/Type \/Page\b/g)?.length;
  expect(await pages(1)).toBe(1);
  expect(await pages(20)).toBeGreaterThan(2);
});

test("a CSV's amounts add up to its total, and its text cannot become a formula", () => {
  const invoice = exampleInvoice();
  const csv = renderInvoiceCsv(invoice);
  expect(csv).toContain(`"'=Set-up, once"`);
  const amounts = csv
    .trim()
    .split("\r\n")
    .slice(1)
    .map((row) => [row.split(",")[3], row.split(",")[12]] as const);
  const nano = (text: string | undefined) => {
    const [whole = "0", decimals = ""] = (text ?? "").replace("-", "").split(".");
    const size = BigInt(whole) * 1_000_000_000n + BigInt(decimals.padEnd(9, "0"));
    return text?.startsWith("-") ? -size : size;
  };
  const total = amounts.filter(([kind]) => kind !== "total").reduce((sum, [, amount]) => sum + nano(amount), 0n);
  expect(total).toBe(invoice.totalNano);
});

test.each(["=1+1", "+1-1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "＝1+1", "＠SUM(A1)"])(
  "%j cannot become a formula, in whatever country it is opened",
  (text) => {
    expect(renderCsv([text], [])).toMatch(/^"?'/);
  },
);

test("cells with commas, quotes and line ends are quoted; negative numbers stay numbers", () => {
  expect(
    renderCsv(
      ["a", "b"],
      [
        ['x"y', "1,2"],
        ["-5.5", "-x"],
        [null, "a\nb"],
      ],
    ),
  ).toBe('a,b\r\n"x""y","1,2"\r\n-5.5,\'-x\r\n,"a\nb"\r\n');
});
