/**
 * How long a file may take to arrive: as long as something comes, and a day at most. Node's bound on a whole request is right for JSON, and cuts off a large file on a slow line.
 *
 * What was refused half-way is drained for a while: a client that sends all of its body before it reads would otherwise wait for ever, and never see why.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** However steadily it comes: by then it must all be there. */
export const uploadMaxMs = 24 * 3_600_000;
/** Nothing may come for so long. */
const defaultSilenceMs = 60_000;
const drainMs = 60_000;
const looksPerSilence = 4;

export interface WatchedUpload {
  /** All of it is here. */
  end(): void;
  /** It was refused: what still comes is dropped. */
  refuse(): void;
}

export interface UploadPatience {
  /** From now on only silence ends this request, or the end of its day. */
  watch(request: IncomingMessage): WatchedUpload;
  /** @returns whether a file comes on it, so that the bound on a whole request is not meant for it. */
  isPatientWith(socket: Socket): boolean;
}

export function createUploadPatience({ silenceMs = defaultSilenceMs } = {}): UploadPatience {
  const uploading = new WeakSet<Socket>();
  return {
    isPatientWith: (socket) => uploading.has(socket),
    watch(request) {
      const { socket } = request;
      uploading.add(socket);
      let known = socket.bytesRead;
      let silentLooks = 0;
      const timer = setInterval(() => {
        // A paused stream waits for us: for the database, say.
        const comes = socket.bytesRead !== known || request.readableFlowing === false;
        known = socket.bytesRead;
        silentLooks = comes ? 0 : silentLooks + 1;
        if (silentLooks >= looksPerSilence) request.destroy();
      }, silenceMs / looksPerSilence).unref();
      const overdue = setTimeout(() => request.destroy(), uploadMaxMs).unref();
      const end = () => {
        clearInterval(timer);
        clearTimeout(overdue);
        uploading.delete(socket);
      };
      request.once("close", end);
      return {
        end,
        refuse() {
          if (request.complete || request.destroyed) return end();
          const cut = setTimeout(() => request.destroy(), drainMs).unref();
          request.once("close", () => clearTimeout(cut));
          request.resume();
        },
      };
    },
  };
}
