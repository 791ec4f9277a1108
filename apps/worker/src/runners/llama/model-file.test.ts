import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findModelFile } from "./model-file.ts";

let modelsDir: string;
beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "tera-models-"));
});
afterAll(() => rm(modelsDir, { recursive: true }));

const silent = () => undefined;

test("a path is taken as it is, with the time of its last change", async () => {
  const path = join(modelsDir, "own.gguf");
  await writeFile(path, "");
  const file = await findModelFile(path, "/nowhere", silent);
  expect(file.path).toBe(path);
  expect(Math.abs(file.modifiedAt - Date.now() / 1_000)).toBeLessThan(60);
});

test("a model that was downloaded before is found without the network", async () => {
  const path = join(modelsDir, "hf_owner_repo_model.Q4_K_M.gguf");
  await writeFile(path, "");
  expect((await findModelFile("hf:owner/repo/model.Q4_K_M.gguf", modelsDir, silent)).path).toBe(path);
});

test("a missing file is an error that names it", async () => {
  await expect(findModelFile(join(modelsDir, "none.gguf"), modelsDir, silent)).rejects.toThrow("none.gguf");
});
