/** The examples that operators begin with (infra/examples/worker, infra/compose) are files that this worker takes. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { engineNames } from "./runners/engines/engine-names.ts";
import { parseWorkerFile } from "./worker-file.ts";

const infra = fileURLToPath(new URL("../../../infra", import.meta.url));

function yamlFiles(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(infra, folder))
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

function parse(file: string) {
  return parseWorkerFile(readFileSync(join(infra, file), "utf8"), file);
}

const examples = yamlFiles("examples/worker", /\.yaml$/);

test.each([...examples, ...yamlFiles("compose", /^worker\..*\.yaml$/)])("%s is understood", (file) => {
  const { runners, discoverPorts } = parse(file);
  expect(runners.length + discoverPorts.length).toBeGreaterThan(0);
});

test.each(engineNames)("there is an example for %s, named after it", (engine) => {
  expect(parse(`examples/worker/${engine}.yaml`).runners).toMatchObject([{ kind: "http", engine }]);
});

test("there is an example for every kind of runner", () => {
  const kinds = new Set(examples.flatMap((file) => parse(file).runners.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual(["http", "llama", "process"]);
  expect(examples.map((file) => basename(file))).toEqual(expect.arrayContaining(["llama.yaml", "process.yaml"]));
});
