/**
 * Content logging: keeps what a request asked and what it was answered, cut short and with an expiry, where the key's owner has switched that on. Requests of other keys never come
 * here: the route looks at one boolean.
 *
 * It listens at the sink, so what is kept is what was relayed, cut streams included, and at the release, which comes once however a request ends.
 */
import { type ContentWriter, createAnswerKeeper, keepPrompt } from "@tera/metering";
import type { Admission } from "./admit.ts";
import type { AnswerSink } from "./exchange.ts";

export interface ContentLog {
  /** @returns both to be used in place of those that were given. */
  listen(requestId: string, admission: Admission, sink: AnswerSink): { admission: Admission; sink: AnswerSink };
}

export interface ContentLogOptions {
  writer: Pick<ContentWriter, "add">;
  /** How long it is kept after it was asked. Milliseconds. */
  retentionMs: number;
}

export function createContentLog({ writer, retentionMs }: ContentLogOptions): ContentLog {
  return {
    listen(requestId, admission, sink) {
      const keeper = createAnswerKeeper();
      return {
        sink: {
          ...sink,
          deltas(deltas) {
            keeper.add(deltas);
            return sink.deltas(deltas);
          },
          restart() {
            keeper.restart();
            sink.restart();
          },
        },
        admission: {
          ...admission,
          release(record) {
            admission.release(record);
            const { request, principal, admittedAtMs } = admission;
            writer.add({
              requestId,
              accountId: principal.accountId,
              keyId: principal.keyId,
              prompt: keepPrompt(request),
              answer: keeper.answer(),
              expiresAt: new Date(admittedAtMs + retentionMs),
            });
          },
        },
      };
    },
  };
}
