/** Postgres: whether it answers, is new enough, and has the tables of this version. */
import { type DatabaseState, databaseReason, inspectDatabase } from "@tera/database";
import { placeOf } from "../stack/open-stack.ts";
import type { Finding } from "./finding.ts";

const majorMin = 14;

export async function checkPostgres(databaseUrl: string | undefined): Promise<Finding[]> {
  if (databaseUrl === undefined) {
    return [{ check: "postgres", status: "skipped", found: "No stack runs and DATABASE_URL is not set." }];
  }
  const place = placeOf(databaseUrl);
  try {
    const state = await inspectDatabase(databaseUrl);
    return [
      checkVersion(state, place),
      checkMigrations(state),
      ...(state.applied > 0 ? [checkRole(state)] : []),
      ...checkUsageMonths(state),
    ];
  } catch (error) {
    return [
      {
        check: "postgres",
        status: "broken",
        found: `Postgres at ${place} does not answer: ${databaseReason(error)}.`,
        fix: "Start it, or correct DATABASE_URL (user, password, database name).",
      },
    ];
  }
}

function checkVersion({ serverVersion: version }: DatabaseState, place: string): Finding {
  const check = "postgres";
  if (Number.parseInt(version, 10) >= majorMin) return { check, status: "ok", found: `${version} at ${place}.` };
  return {
    check,
    status: "broken",
    found: `${version} at ${place} is too old.`,
    fix: `Upgrade it to ${majorMin} or newer.`,
  };
}

function checkMigrations({ applied, known }: DatabaseState): Finding {
  const check = "tables";
  if (applied === known) return { check, status: "ok", found: `${applied} of ${known} migrations applied.` };
  if (applied < known) {
    return {
      check,
      status: "broken",
      found: `${applied} of ${known} migrations applied.`,
      fix: "Start a gateway of this version on the database: it migrates first.",
    };
  }
  return {
    check,
    status: "broken",
    found: `The database has ${applied} migrations, and this version of Tera knows ${known}: a newer one was here.`,
    fix: "Update this Tera, or use another database.",
  };
}

function checkUsageMonths({ strayUsageEvents: stray }: DatabaseState): Finding[] {
  if (stray === undefined || stray === 0) return [];
  return [
    {
      check: "usage months",
      status: "warning",
      found: `${stray} usage events lie in no month: when they came, theirs was not there, or a clock was wrong.`,
      fix: "Gateways move those of the last two years every day, and at their start. For the others look at admitted_at in usage_event_default, and at the clocks of the gateways.",
    },
  ];
}

function checkRole({ applicationRole }: DatabaseState): Finding {
  const check = "append-only";
  if (applicationRole === "used") {
    return { check, status: "ok", found: "Tera works as tera_app, which may not change the ledger, usage or prices." };
  }
  const found =
    applicationRole === "missing"
      ? "There is no role tera_app, so only triggers keep the ledger from being changed."
      : "The user of DATABASE_URL may not act as tera_app, so only triggers keep the ledger from being changed.";
  return {
    check,
    status: "warning",
    found,
    fix: "As an administrator of that Postgres: CREATE ROLE tera_app NOLOGIN (if it is not there); GRANT tera_app TO <the user>. Then start a gateway.",
  };
}
