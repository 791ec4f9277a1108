/** What infra/ says about the code is true of the code. Images and units themselves need machines that tests do not have. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readConfig as readGatewayConfig } from "../apps/gateway/src/config.ts";
import { readConfig as readWorkerConfig } from "../apps/worker/src/config.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

describe("the images", () => {
  const { devDependencies } = z
    .object({ devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read("package.json")));
  const dockerfile = read("infra/docker/Dockerfile");

  test("run on the Node of the workspace", () => {
    expect(/^ARG NODE_VERSION=(\S+)$/m.exec(dockerfile)?.[1]).toBe(devDependencies["node"]);
  });

  test("install with the pnpm that wrote the lockfile", () => {
    expect(/pnpm@(\S+)/.exec(dockerfile)?.[1]).toBe(devDependencies["pnpm"]);
  });
});

/** The example, with the lines that are commented out as well, and every secret filled in. */
function exampleOf(path: string): Record<string, string> {
  const filled = read(path)
    .replaceAll(/^#(?=[A-Z_]+=)/gm, "")
    .replaceAll(/=$/gm, `=${"s".repeat(64)}`);
  return z.record(z.string(), z.string()).parse(parseEnv(filled));
}

describe("the units", () => {
  test.each([
    { app: "gateway", readConfig: readGatewayConfig, drain: "TERA_GATEWAY_DRAIN_MS" as const },
    { app: "worker", readConfig: readWorkerConfig, drain: "TERA_WORKER_DRAIN_MS" as const },
  ])("give a $app settings that it knows, and longer to stop than it drains", ({ app, readConfig, drain }) => {
    const config: Record<string, unknown> = readConfig(exampleOf(`infra/systemd/${app}.env.example`));
    const stopSeconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(read(`infra/systemd/tera-${app}.service`))?.[1]);
    expect(stopSeconds * 1_000).toBeGreaterThan(Number(config[drain]) + 10_000);
  });

  test("no example holds a secret that would work", () => {
    expect(() => readGatewayConfig(parseEnv(read("infra/systemd/gateway.env.example")))).toThrow(
      "TERA_SECRET: is not set",
    );
  });
});

describe("compose", () => {
  const compose = read("infra/compose/compose.yaml");
  const example = parseEnv(read("infra/compose/.env.example"));

  test("refuses an empty secret, and the example leaves them empty", () => {
    for (const secret of ["TERA_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"]) {
      expect(example[secret]).toBe("");
      const uses = compose.match(new RegExp(`(?<!\\$)\\$\\{${secret}[^}]*\\}`, "g")) ?? [];
      expect(uses.length).toBeGreaterThan(0);
      for (const use of uses) expect(use).toMatch(/^\$\{\w+:\?/);
    }
  });

  test("the example names every variable", () => {
    const named = Object.keys(exampleOf("infra/compose/.env.example"));
    const used = new Set([...compose.matchAll(/(?<!\$)\$\{(\w+)/g)].map((match) => match[1]));
    expect([...used].sort()).toEqual(named.sort());
  });
});
