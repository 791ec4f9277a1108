/** The web application: its built files, and one page for every path of its own, with the nonce of this answer in it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** In index.html, where the nonce of an answer goes. */
const noncePlaceholder = "__STYLE_NONCE__";

export async function registerWeb(app: FastifyInstance, { webDirectory }: { webDirectory: string }): Promise<void> {
  const page = await readFile(join(webDirectory, "index.html"), "utf8");
  await app.register(fastifyStatic, {
    root: join(webDirectory, "assets"),
    prefix: "/assets/",
    index: false,
    // Their names hold a hash of what is in them.
    immutable: true,
    maxAge: "1y",
    preCompressed: true,
  });
  app.get("/*", { schema: { hide: true } }, async (request, reply) =>
    reply
      .header("cache-control", "no-store")
      .type("text/html; charset=utf-8")
      .send(page.replaceAll(noncePlaceholder, request.styleNonce)),
  );
}
