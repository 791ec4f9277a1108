/** An invoice run in a process of its own, for a test to kill. */
import { connectDatabase } from "@tera/database";
import { runInvoices } from "../src/invoices/invoice-run.ts";

const [url = ""] = process.argv.slice(2);
const database = connectDatabase({ url, name: "test-run" });
await runInvoices(database.db, { month: "2026-11", author: "killed" });
await database.close();
