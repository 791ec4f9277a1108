/** The thread that makes documents: started by `documents.ts`, with connections of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { connectDatabase } from "@tera/database";
import type { NumberedAnswer, NumberedTask } from "./document-task.ts";
import type { DocumentThreadData } from "./documents.ts";
import { makeDocument } from "./make-document.ts";

const { databaseUrl, connectionsMax, statementTimeoutMs }: DocumentThreadData = workerData;
const { db } = connectDatabase({
  url: databaseUrl,
  name: "tera-dashboard-documents",
  poolSizeMax: connectionsMax,
  statementTimeoutMs,
});

parentPort?.on("message", async ({ id, task }: NumberedTask) => {
  const answered: NumberedAnswer = { id, answer: await makeDocument(db, task) };
  parentPort?.postMessage(answered);
});
