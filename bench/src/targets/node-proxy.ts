/** The least that a gateway in Node can be: a plain reverse proxy, see node-proxy-main.ts. */
import { fileURLToPath } from "node:url";
import { startStackProcess } from "@tera/testkit";
import { z } from "zod";
import { chatPath, type StartTargetOptions, type Target } from "./target.ts";

const program = fileURLToPath(new URL("./node-proxy-main.ts", import.meta.url));
const readySchema = z.object({ ports: z.array(z.number()) });

export async function startNodeProxy({ workbench, engines }: StartTargetOptions): Promise<Target> {
  const proxy = await startStackProcess({
    name: "node-proxy",
    program,
    arguments: engines.map(({ url }) => url),
    environment: {},
  });
  workbench.defer(() => proxy.stop());
  const { ports } = readySchema.parse(proxy.ready);
  return {
    name: "node-proxy",
    endpoints: engines.map(({ model }, index) => ({
      url: `http://127.0.0.1:${ports[index]}${chatPath}`,
      headers: {},
      model,
    })),
    processes: { proxy: proxy.pid },
    version: process.versions.node,
  };
}
