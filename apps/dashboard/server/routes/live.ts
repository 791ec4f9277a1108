/** `/admin/api/live`: the installation as it is now, as server-sent events. */
import { PassThrough } from "node:stream";
import { type Actor, type FindActor, may } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import { AdminError } from "../errors.ts";
import type { LiveHub } from "../live/live-hub.ts";

const checkEveryMs = 15_000;
/** What a viewer may not have taken yet when the next event comes; a few snapshots of a large installation. */
const bufferMaxBytes = 1_024 * 1_024;

const description = [
  "Server-sent events: `history` first (the last hour), then a `snapshot` every two seconds and a `point` when one more",
  "point of the history is complete; `trouble` where there is nothing to tell. Who reads too slowly is cut off, and may come again.",
].join(" ");

export function registerLiveRoutes(app: AdminApp, { hub, findActor }: { hub: LiveHub; findActor: FindActor }): void {
  const endings = new Set<() => void>();
  app.addHook("preClose", async () => {
    for (const end of endings) end();
  });

  app.get(
    "/live",
    { config: { permission: "runners:read" }, schema: { summary: "The installation, live", description } },
    async (request, reply) => {
      const stream = new PassThrough();
      const leave = hub.watch((event) => {
        if (stream.readableLength + stream.writableLength > bufferMaxBytes) stream.destroy();
        else stream.write(event);
      });
      if (leave === undefined) throw new AdminError("unavailable", "Too many people watch already. Try again later.");

      const timer = setInterval(async () => {
        stream.write(": keep-alive\n\n");
        // Postgres is away: nobody is sent away for that.
        const actor = await findActor(request).catch(() => request.actor);
        if (!mayWatch(actor)) end();
      }, checkEveryMs);
      function stop(): void {
        clearInterval(timer);
        endings.delete(end);
        leave?.();
      }
      function end(): void {
        stop();
        stream.end();
      }
      endings.add(end);
      stream.once("close", stop);
      return reply.headers({ "content-type": "text/event-stream", "x-accel-buffering": "no" }).send(stream);
    },
  );
}

function mayWatch(actor: Actor | undefined): boolean {
  return actor !== undefined && may(actor, "runners:read");
}
