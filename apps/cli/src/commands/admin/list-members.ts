/** `tera admin members`: who may sign in, and as what. */
import type { MemberWithGrants } from "@tera/access";
import { z } from "zod";
import { withPeople } from "../../stack/with-people.ts";
import { renderTable } from "../../terminal/table.ts";
import type { CommandContext } from "../context.ts";

export const listOptions = z.object({
  json: z.boolean().optional(),
  dataDir: z.string().optional(),
  url: z.string().optional(),
});

export async function listMembers(options: z.infer<typeof listOptions>, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const members = await withPeople(options, context, (people) => people.listMembers());
  if (options.json) {
    terminal.print(JSON.stringify(members));
    return;
  }
  if (members.length === 0) {
    terminal.note("Nobody can sign in yet. `tera admin invite` makes a link for the first owner.");
    return;
  }
  const columns = [
    { header: "EMAIL", value: ({ email }: MemberWithGrants) => email },
    { header: "NAME", value: ({ name }: MemberWithGrants) => name, widthMin: 8 },
    { header: "MAY", value: describeGrants, widthMin: 12 },
    {
      header: "SECOND FACTOR",
      value: ({ twoFactorEnabled }: MemberWithGrants) => (twoFactorEnabled ? "code" : "none"),
    },
    { header: "SINCE", value: ({ createdAt }: MemberWithGrants) => createdAt.toISOString().slice(0, 10) },
  ];
  terminal.print(renderTable(columns, members, terminal.columns));
}

function describeGrants({ grants }: MemberWithGrants): string {
  if (grants.length === 0) return "nothing";
  return grants
    .map(({ role, accountId, accountName }) => (accountId === null ? role : `member of ${accountName ?? accountId}`))
    .join(", ");
}
