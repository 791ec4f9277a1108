/** For drizzle-kit, which writes migrations from the schema. Needs no database. */
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "postgresql", schema: "./src/schema", out: "./migrations" });
