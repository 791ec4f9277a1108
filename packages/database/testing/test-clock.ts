/** A database clock that a test can set, so that a month can be over: `clock_timestamp()` of the test's own database, and of no other. */
import pg from "pg";

export interface TestClock {
  /** From here on the clock shows this moment, and goes on from there. */
  set(moment: Date): Promise<void>;
}

/** Before the connections that are to see it are opened. */
export async function installTestClock(databaseUrl: string): Promise<TestClock> {
  await run(
    databaseUrl,
    `create table test_clock (shift interval not null);
     grant select on test_clock to public;
     insert into test_clock values ('0 seconds');
     create function clock_timestamp() returns timestamptz language sql as
       $$ select pg_catalog.clock_timestamp() + shift from public.test_clock $$;
     do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$;`,
  );
  return {
    async set(moment) {
      await run(databaseUrl, `update test_clock set shift = '${moment.toISOString()}' - pg_catalog.clock_timestamp()`);
    },
  };
}

async function run(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
