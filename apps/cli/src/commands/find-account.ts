/** The account that an argument names. */
import type { Account, Db } from "@tera/database";
import { CliError } from "../terminal/cli-error.ts";
import { suggest } from "../terminal/suggest.ts";
import { oneLine } from "../terminal/table.ts";

const knownMax = 1_000;
const shownMax = 10;

/** @throws {CliError} naming the accounts that there are. */
export async function findAccount(db: Db, id: string): Promise<Account> {
  const found = await db.query.account.findFirst({ where: (row, { eq }) => eq(row.id, id) });
  if (found !== undefined) return found;
  const known = await db.query.account.findMany({ orderBy: (row, { desc }) => desc(row.createdAt), limit: knownMax });
  if (known.length === 0)
    throw new CliError("There is no account yet: `tera keys create --new-account <name>` makes one.");
  const nearest = suggest(
    id,
    known.map((each) => each.id),
  );
  const list = known.slice(0, shownMax).map(({ id, name }) => `  ${id}  ${oneLine(name)}`);
  throw new CliError(`There is no account ${oneLine(id)}. ${nearest ?? `There are:\n${list.join("\n")}`}`);
}
