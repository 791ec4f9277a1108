/** Files to keep: sent as an attachment, under a name that says what they are. */
import type { FastifyReply } from "fastify";

const types = { pdf: "application/pdf", csv: "text/csv; charset=utf-8" } as const;
export type DocumentFormat = keyof typeof types;

/** @param name letters, digits, `-` and `_` */
export function sendDocument(reply: FastifyReply, name: string, format: DocumentFormat, content: Uint8Array) {
  return reply
    .type(types[format])
    .header("content-disposition", `attachment; filename="${name}.${format}"`)
    .send(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
}
