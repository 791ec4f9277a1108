/** What keeps people with a disability from using a page, as far as a program sees it: axe-core, on the page as it is now. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { z } from "zod";
import { waitForStillness } from "./watched-page.ts";

const resultSchema = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      impact: z.string().nullable(),
      help: z.string(),
      nodes: z.array(z.object({ html: z.string(), any: z.array(z.object({ message: z.string() })) })),
    }),
  ),
});

/** @returns what is serious or critical, each with the elements that it is about; the best is none. */
export async function findBarriers(page: Page): Promise<string[]> {
  await waitForStillness(page);
  // Evaluated by the debugger: the page's policy lets no foreign script in. Text: the browser's types are not here.
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(axe.source);
  const { violations } = resultSchema.parse(await page.evaluate(`axe.run({ resultTypes: ["violations"] })`));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => {
      const where = nodes.slice(0, 4).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
      return `${id}: ${help}: ${where.join(" | ")}`;
    });
}
