/** Members and admin tokens, and the accounts that they are of: of the database, or through an Admin API. */
import type { AccountStore } from "@tera/access";
import { z } from "zod";
import { authorOf } from "../commands/author.ts";
import type { CommandContext } from "../commands/context.ts";
import { CliError } from "../terminal/cli-error.ts";
import { oneLine } from "../terminal/table.ts";
import type { CommandPeople } from "./command-people.ts";
import { type FoundStack, findInstallation, isRemote } from "./find-stack.ts";
import { openClient, withDatabase } from "./open-stack.ts";

export interface PeopleOptions {
  dataDir?: string | undefined;
  /** Of an Admin API. */
  url?: string | undefined;
  /** What links begin with, beside the database; by default the running dashboard. */
  linkUrl?: string | undefined;
}

/** @throws {CliError} as `withDatabase`, or when the Admin API refuses. */
export async function withPeople<Result>(
  { dataDir, url, linkUrl }: PeopleOptions,
  context: CommandContext,
  work: (people: CommandPeople, accounts: AccountStore) => Promise<Result>,
): Promise<Result> {
  const { environment } = context;
  const stack = await findInstallation({ ...context, dataDir, url });
  if (isRemote(stack)) {
    const { createRemoteAccounts } = await import("../remote/remote-accounts.ts");
    const { createRemotePeople } = await import("../remote/remote-people.ts");
    const client = await openClient(stack);
    return work(createRemotePeople(client), createRemoteAccounts(client));
  }
  const { auditActor: actor } = stack;
  const author = authorOf(environment);
  return withDatabase(stack, async (db) => {
    const { createStoredAccounts } = await import("./stored-accounts.ts");
    const { createStoredPeople } = await import("./stored-people.ts");
    const people = createStoredPeople({ db, actor, author, readOrigin: () => readOrigin(linkUrl, stack, environment) });
    return work(people, createStoredAccounts({ db, actor }));
  });
}

/** `http://localhost:8788`. @throws {CliError} when nobody says where the dashboard is */
function readOrigin(given: string | undefined, stack: FoundStack, environment: NodeJS.ProcessEnv): string {
  const url = given ?? environment["TERA_DASHBOARD_URL"] ?? stack.running?.dashboard;
  if (url === undefined || url === null) {
    throw new CliError("No dashboard runs here: say how browsers reach yours with --url https://tera.example.com.");
  }
  const parsed = z.url({ protocol: /^https?$/ }).safeParse(url);
  if (!parsed.success) throw new CliError(`--url ${oneLine(url)} is not an http:// or https:// address.`);
  return new URL(parsed.data).origin;
}
