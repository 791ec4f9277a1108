import { expect, test } from "vitest";
import { createParts, type Part } from "./parts.ts";

/** A part that ends when it is stopped, or when `die` is called. */
function fakePart(onStop: () => void = () => undefined): Part & { die(): void } {
  const { promise, resolve } = Promise.withResolvers<Awaited<Part["exited"]>>();
  const die = () => resolve({ code: 3, signal: null, lastLines: ["out of luck"] });
  return {
    exited: promise,
    die,
    async stop() {
      onStop();
      die();
    },
  };
}

test("the applications stop before the servers", async () => {
  const order: string[] = [];
  const parts = createParts();
  await parts.start("postgres", "server", async () => fakePart(() => order.push("postgres")));
  await parts.start("gateway", "application", async () => fakePart(() => order.push("gateway")));
  await parts.stop();
  expect(order).toEqual(["gateway", "postgres"]);
});

test("a part that ends by itself is named, with its last lines", async () => {
  const parts = createParts();
  const worker = await parts.start("worker", "application", async () => fakePart());
  worker.die();
  await expect(parts.death).rejects.toMatchObject({
    message: "The worker ended unexpectedly (exit code 3).",
    lastLines: ["out of luck"],
  });
});

test("a part that was still starting when the end began is stopped, and nothing starts after it", async () => {
  const parts = createParts();
  const { promise, resolve } = Promise.withResolvers<Part>();
  const starting = parts.start("postgres", "server", () => promise);
  const stopping = parts.stop();
  let stopped = false;
  resolve(fakePart(() => (stopped = true)));
  await Promise.all([starting, stopping]);
  expect(stopped).toBe(true);
  await expect(parts.start("redis", "server", async () => fakePart())).rejects.toThrow("Tera stops");
});
