/** The command line run twice: beside the database, and through the Admin API. */
import { type CliRun, runForTest } from "@tera/cli/testing";
import { auditEvent, type Db } from "@tera/database";
import { desc } from "drizzle-orm";
import { expect } from "vitest";

export interface BothWays {
  remote: NodeJS.ProcessEnv;
  local: NodeJS.ProcessEnv;
}

export function createBothWays({ remote, local }: BothWays, db: Db) {
  const run = (environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<CliRun> =>
    runForTest(args, { environment, columns: 200 });

  async function succeed(environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<CliRun> {
    const done = await run(environment, args);
    if (done.exitCode === 0) return done;
    throw new Error(`tera ${args.join(" ")}: ${done.stderr}`);
  }

  async function readJson(environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<unknown> {
    return JSON.parse((await succeed(environment, [...args, "--json"])).stdout);
  }

  return {
    through: (...args: string[]) => succeed(remote, args),
    beside: (...args: string[]) => succeed(local, args),
    jsonThrough: (...args: string[]) => readJson(remote, args),
    jsonBeside: (...args: string[]) => readJson(local, args),
    /** What reads says the same both ways: for people, and for programs. */
    async expectSame(...args: string[]) {
      const [through, beside] = [await run(remote, args), await run(local, args)];
      expect(through, args.join(" ")).toEqual(beside);
      expect(through.exitCode, through.stderr).toBe(0);
      expect(await readJson(remote, args), args.join(" ")).toEqual(await readJson(local, args));
    },
    /** What changes is in the audit log both ways: under the same name, about the same fields, by whom it was. */
    async expectSameEntry(action: string, [through, beside]: [readonly string[], readonly string[]]) {
      const entries = [];
      for (const [environment, args] of [
        [remote, through],
        [local, beside],
      ] as const) {
        await succeed(environment, args);
        const [entry] = await db.select().from(auditEvent).orderBy(desc(auditEvent.id)).limit(1);
        expect(entry?.action, args.join(" ")).toBe(action);
        entries.push(entry);
      }
      const shapes = entries.map((entry) => ({
        objectKind: entry?.objectKind,
        hasAccount: entry?.accountId !== null,
        before: entry?.before === null ? null : Object.keys(entry?.before ?? {}).toSorted(),
        after: entry?.after === null ? null : Object.keys(entry?.after ?? {}).toSorted(),
      }));
      expect(shapes[1], action).toEqual(shapes[0]);
      expect(entries.map((entry) => [entry?.actorKind, entry?.actorName])).toEqual([
        ["token", "test"],
        ["cli", "cli:ada"],
      ]);
    },
  };
}
