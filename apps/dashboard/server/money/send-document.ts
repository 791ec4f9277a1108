/** Files to keep: sent as an attachment, under a name that says what they are. */
import type { FastifyReply } from "fastify";

const types = { pdf: "application/pdf", csv: "text/csv; charset=utf-8" } as const;
export type DocumentKind = keyof typeof types;

/** @param name letters, digits, `-` and `_` */
export function sendDocument(reply: FastifyReply, name: string, kind: DocumentKind, content: Uint8Array | string) {
  return reply
    .type(types[kind])
    .header("content-disposition", `attachment; filename="${name}.${kind}"`)
    .send(typeof content === "string" ? content : Buffer.from(content));
}
