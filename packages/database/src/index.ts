/** Everything that touches Postgres: schema, migrations, the connection. What the tables mean is said in access and metering. */
export type { ApplicationRoleState } from "./application-role.ts";
export { connectDatabase, type Database, type DatabaseOptions, type Db } from "./connect.ts";
export { type DatabaseState, inspectDatabase, type MigrationLog, migrateDatabase } from "./migrate.ts";
export * from "./schema/index.ts";
export { databaseReason, isDatabaseUnavailable, isDataRefused } from "./unavailable.ts";
