/**
 * The process that lends Postgres and Redis to a test run. Its parent hears `{type: "ready", url}`; told `{type: "stop"}` it stops all and
 * answers `{type: "stopped", left}`, where `left` says what was not given back. It ends with its parent.
 *
 * A process of its own, because vitest's main process transforms what it imports, and a server's files must be found as Node finds them.
 */
import { startTestServices } from "./services.ts";
import { serveTestServices } from "./services-server.ts";

const services = await startTestServices({ log: () => undefined });
const server = await serveTestServices(services);

let stopping: Promise<string[]> | undefined;
function stop(): Promise<string[]> {
  stopping ??= server.close().then(() => services.stop());
  return stopping;
}

process.on("message", async () => {
  const left = await stop();
  process.send?.({ type: "stopped", left }, () => process.disconnect?.());
});
process.once("disconnect", () => void stop().then(() => process.exit(0)));
// Ctrl-C in a terminal reaches the whole group: the parent decides when to stop.
process.on("SIGINT", () => undefined);
process.send?.({ type: "ready", url: server.url });
