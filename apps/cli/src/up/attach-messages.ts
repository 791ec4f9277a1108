/** Says on the terminal what the worker attaches and detaches while the stack runs, beyond what was there at the start. */
import { z } from "zod";
import { type LocalEngine, listModels } from "../engines/look-for-engines.ts";

/** What the worker sends over its channel. */
const messageSchema = z.object({
  type: z.enum(["attached", "detached"]),
  url: z.string(),
  port: z.int(),
  title: z.string(),
  models: z.array(z.string()),
});

/** @param known found at the start: their attachment is no news. */
export function createAttachReporter(
  known: readonly LocalEngine[],
  note: (line: string) => void,
): (message: unknown) => void {
  const attached = new Set(known.map(({ url }) => url));
  return (message) => {
    const parsed = messageSchema.safeParse(message);
    if (!parsed.success) return;
    const { type, url, port, title, models } = parsed.data;
    if (type === "detached") {
      attached.delete(url);
      return note(`${title} on port ${port} is gone.`);
    }
    if (attached.has(url)) return;
    attached.add(url);
    note(`Found ${title} on port ${port}: ${listModels(models)}`);
  };
}
