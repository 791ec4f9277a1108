/**
 * A business document on A4: heads, facts, a table with groups, sums, notes; page numbers below. The same content gives the same bytes.
 *
 * Written in Roboto, whose Latin, Greek and Cyrillic are embedded in the file: the fonts that every reader has cannot spell most names.
 */
import { fileURLToPath } from "node:url";

export interface DocumentParty {
  label: string;
  /** The first is set in bold. */
  lines: readonly string[];
}

export type DocumentRow =
  /** The beginning of a group: a model, a section. */
  { heading: string; note?: string } | { cells: readonly string[] };

export interface DocumentSum {
  label: string;
  amount: string;
  /** The one that counts. */
  strong?: boolean;
}

export interface BusinessDocument {
  /** `Invoice`, and its number or month. */
  title: string;
  number: string;
  parties: readonly DocumentParty[];
  /** Name and value. */
  facts: readonly (readonly [string, string])[];
  /** The first column takes what the others leave; they are set to the right. Widths in points. */
  columns: readonly { header: string; width: number }[];
  rows: readonly DocumentRow[];
  sums: readonly DocumentSum[];
  notes: readonly string[];
  /** In the file's properties. */
  author: string;
  createdAt: Date;
}

const page = { width: 595.28, height: 841.89, margin: 48 };
const inner = page.width - 2 * page.margin;
/** Below this nothing but the page's number stands. */
const bottom = page.height - 72;
const ink = "#1a1d21";
const pale = "#6a7280";
const rule = "#d9dde3";

const font = (name: string) => fileURLToPath(import.meta.resolve(`roboto-fontface/fonts/roboto/${name}.woff`));

export async function renderDocumentPdf(content: BusinessDocument): Promise<Uint8Array> {
  // Loaded when needed: it takes a good part of a second, which a gateway that starts has better use for.
  const { default: PDFDocument } = await import("pdfkit");
  const doc = new PDFDocument({
    size: "A4",
    margin: page.margin,
    bufferPages: true,
    lang: "en",
    displayTitle: true,
    // Without these, the file would tell when it was rendered.
    info: {
      Title: `${content.title} ${content.number}`,
      Author: content.author,
      Creator: "Tera",
      Producer: "Tera",
      CreationDate: content.createdAt,
      ModDate: content.createdAt,
    },
  });
  const chunks: Buffer[] = [];
  doc.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => doc.on("end", resolve).on("error", reject));
  doc.registerFont("regular", font("Roboto-Regular"));
  doc.registerFont("bold", font("Roboto-Medium"));

  const left = page.margin;
  const right = page.margin + inner;
  let y = page.margin;

  const write = (
    text: string,
    x: number,
    width: number,
    { size = 9, bold = false, color = ink, align = "left" as "left" | "right", wrap = false } = {},
  ): number => {
    doc
      .font(bold ? "bold" : "regular")
      .fontSize(size)
      .fillColor(color);
    const height = wrap ? doc.heightOfString(text, { width }) : doc.currentLineHeight();
    doc.text(text, x, y, wrap ? { width, align } : { width, align, height, ellipsis: "…", lineBreak: true });
    return height;
  };
  const line = (color = rule) => doc.moveTo(left, y).lineTo(right, y).lineWidth(0.6).strokeColor(color).stroke();

  const columnWidths = content.columns.map(({ width }) => width);
  const firstWidth = inner - columnWidths.slice(1).reduce((sum, width) => sum + width, 0);
  const cellAt = (index: number) => ({
    x: index === 0 ? left : left + firstWidth + columnWidths.slice(1, index).reduce((sum, width) => sum + width, 0),
    width: index === 0 ? firstWidth - 8 : (columnWidths[index] ?? 0),
    align: index === 0 ? ("left" as const) : ("right" as const),
  });

  function writeTableHead(): void {
    content.columns.forEach(({ header }, index) => {
      const { x, width, align } = cellAt(index);
      write(header, x, width, { size: 8, color: pale, align });
    });
    y += 14;
    line(ink);
    y += 6;
  }
  /** @returns true: a new page was begun. */
  function ensureRoom(height: number): boolean {
    if (y + height <= bottom) return false;
    doc.addPage();
    y = page.margin;
    return true;
  }

  // Head
  write(content.title, left, inner / 2, { size: 22, bold: true });
  y += 4;
  write(content.number, left + inner / 2, inner / 2, { size: 13, color: pale, align: "right" });
  y += 40;
  const partyWidth = 160;
  const top = y;
  let lowest = y;
  content.parties.forEach(({ label, lines }, index) => {
    y = top;
    const x = left + index * (partyWidth + 12);
    y += write(label, x, partyWidth, { size: 8, color: pale }) + 3;
    lines.forEach((text, at) => {
      y += write(text, x, partyWidth, { bold: at === 0, wrap: true }) + 1;
    });
    lowest = Math.max(lowest, y);
  });
  y = top;
  const factsX = left + 2 * (partyWidth + 12);
  for (const [name, value] of content.facts) {
    write(name, factsX, 46, { size: 8, color: pale });
    y += write(value, factsX + 46, right - factsX - 46, { align: "right", wrap: true }) + 3;
  }
  y = Math.max(lowest, y) + 26;

  // Table
  writeTableHead();
  for (const row of content.rows) {
    if ("heading" in row) {
      // A heading does not stand alone at the foot of a page.
      if (ensureRoom(52)) writeTableHead();
      y += 5;
      const width = row.note === undefined ? inner : inner * 0.62;
      write(row.heading, left, width, { bold: true });
      if (row.note !== undefined)
        write(row.note, left + inner * 0.62, inner * 0.38, { size: 8, color: pale, align: "right" });
      y += 15;
      continue;
    }
    if (ensureRoom(16)) writeTableHead();
    row.cells.forEach((text, index) => {
      const { x, width, align } = cellAt(index);
      write(text, index === 0 ? x + 8 : x, index === 0 ? width - 8 : width, { align });
    });
    y += 14.5;
  }
  y += 4;
  line();
  y += 10;

  // Sums
  ensureRoom(content.sums.length * 18 + 20);
  const sumX = right - 240;
  for (const { label, amount, strong = false } of content.sums) {
    if (strong) {
      doc.moveTo(sumX, y).lineTo(right, y).lineWidth(0.6).strokeColor(ink).stroke();
      y += 7;
    }
    const style = { bold: strong, size: strong ? 11 : 9 };
    write(label, sumX, 120, { ...style, color: strong ? ink : pale });
    write(amount, sumX + 100, 140, { ...style, align: "right" });
    y += strong ? 22 : 15;
  }
  y += 14;
  for (const text of content.notes) {
    doc.font("regular").fontSize(8);
    ensureRoom(doc.heightOfString(text, { width: inner * 0.75 }) + 6);
    y += write(text, left, inner * 0.75, { size: 8, color: pale, wrap: true }) + 6;
  }

  // Feet, now that it is known how many pages there are
  const { count } = doc.bufferedPageRange();
  for (let index = 0; index < count; index++) {
    doc.switchToPage(index);
    // Or pdfkit would begin a page for what stands below its margin.
    doc.page.margins.bottom = 0;
    y = page.height - 44;
    write(`${content.title} ${content.number}`, left, inner / 2, { size: 8, color: pale });
    write(`Page ${index + 1} of ${count}`, left + inner / 2, inner / 2, { size: 8, color: pale, align: "right" });
  }
  doc.end();
  await ended;
  return Buffer.concat(chunks);
}
