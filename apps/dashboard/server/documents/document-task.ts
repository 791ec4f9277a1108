/** What is asked of the thread that makes documents, and what it answers. */
import type { DocumentFormat } from "./send-document.ts";

export type DocumentTask = { format: DocumentFormat } & (
  | { kind: "invoice"; number: string }
  | { kind: "statement"; accountId: string; month: string }
);

export type DocumentAnswer =
  | { outcome: "made"; content: Uint8Array }
  | { outcome: "unknown" }
  /** Why there is no such document, in words for who asked. */
  | { outcome: "refused"; reason: string }
  /** Postgres does not answer; the reason is for the log. */
  | { outcome: "unavailable"; reason: string }
  /** A fault of ours, for the log. */
  | { outcome: "failed"; error: unknown };

export interface NumberedTask {
  id: number;
  task: DocumentTask;
}

export interface NumberedAnswer {
  id: number;
  answer: DocumentAnswer;
}
