/**
 * The role that Tera works as: `tera_app`, which may not change or delete what is append-only, nor alter any table. Migrations run as the user of the URL, who owns the tables.
 *
 * Where that user may not make roles, everything works without it, and triggers alone refuse changes; `tera doctor` says so. A user that has the role and owns nothing can be given to
 * gateways as well: then nothing that they do can get at more.
 */
import { sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { ClientBase } from "pg";

export const applicationRole = "tera_app";

/** From Postgres 16 on a member may lack the right to SET ROLE. */
const memberOf = (user: string) =>
  `pg_has_role(${user}, r.oid, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)`;
/** A role belongs to the server, its grants to one database: another one may have made it. */
const isGranted = "coalesce(has_table_privilege(r.oid, to_regclass('public.purse'), 'UPDATE'), false)";

/** Takes the role for the rest of a connection, where there is one to take. */
export async function becomeApplication(client: ClientBase, timeoutMs: number): Promise<void> {
  const query = {
    text: `select set_config('role', r.rolname, false) from pg_roles r where r.rolname = '${applicationRole}' and ${memberOf("session_user")} and ${isGranted}`,
    query_timeout: timeoutMs,
  };
  await client.query(query);
}

/** used: connections take it. missing: nobody has made it. refused: it is there, and the user may not take it, or has not granted it its rights. */
export type ApplicationRoleState = "used" | "missing" | "refused";

export async function inspectApplicationRole(db: NodePgDatabase): Promise<ApplicationRoleState> {
  const { rows } = await db.execute<{ used: boolean }>(
    sql.raw(
      `select ${memberOf("session_user")} and ${isGranted} as used from pg_roles r where r.rolname = '${applicationRole}'`,
    ),
  );
  if (rows[0] === undefined) return "missing";
  return rows[0].used ? "used" : "refused";
}

/** Makes the role and grants its rights, where the user may: after migrations, which bring new tables, and when somebody else has made the role since. */
export async function grantToApplication(db: NodePgDatabase, migrated: boolean): Promise<void> {
  if (!migrated && ((await inspectApplicationRole(db)) === "used" || !(await ownsTables(db)))) return;
  await db.execute(sql`select grant_to_application()`);
}

async function ownsTables(db: NodePgDatabase): Promise<boolean> {
  const { rows } = await db.execute<{ owns: boolean }>(
    sql`select pg_has_role(relowner, 'USAGE') as owns from pg_class where oid = 'public.purse'::regclass`,
  );
  return rows[0]?.owns === true;
}
