/** `tera batch` against a whole stack: a file goes up, the end is waited for, what came of it lies on disk. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runForTest } from "@tera/cli/testing";
import { afterAll, expect, test } from "vitest";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack({ runner: { slots: 8, msPerToken: 2 } });
const folder = await mkdtemp(join(tmpdir(), "tera-cli-batch-"));
afterAll(() => rm(folder, { recursive: true }));
const environment = { TERA_BASE_URL: stack.baseUrl, TERA_API_KEY: stack.apiKey };

const line = (index: number, maxTokens = 4) =>
  JSON.stringify({
    custom_id: `line-${index}`,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: stack.model, messages: [{ role: "user", content: `say ${index}` }], max_tokens: maxTokens },
  });

async function fileOf(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.join("\n"));
  return path;
}

const tera = (args: string[], drawn?: string[]) =>
  runForTest(["batch", ...args], { environment, ...(drawn === undefined ? {} : { drawn }) });
const idsOf = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .map((each) => JSON.parse(each).custom_id);

test("a batch is made, waited for, listed and fetched; a line that fails makes the exit code 1", async () => {
  const path = await fileOf("mixed.jsonl", [line(0), line(1, 100_000_000), line(2)]);
  const drawn: string[] = [];
  const created = await tera(["create", path, "--metadata", "run=7", "--wait"], drawn);
  expect(created.stdout).toMatch(/^batch_\w+$/);
  expect(created.stderr).toMatch(/completed, 3 of 3 lines, 1 failed/);
  expect(created.exitCode).toBe(1);
  expect(drawn.at(-1)).toBe("");
  const id = created.stdout;

  const status = JSON.parse((await tera(["status", id, "--wait", "--json"])).stdout);
  expect(status).toMatchObject({ id, status: "completed", metadata: { run: "7" } });
  const listed = await tera(["list", "--json"]);
  expect(JSON.parse(listed.stdout)).toEqual([expect.objectContaining({ id })]);
  expect((await tera(["list"])).stdout).toMatch(new RegExp(`^${id} +completed +2 +1 +3 `, "m"));

  const [output, errors] = [join(folder, "answers.jsonl"), join(folder, "failed.jsonl")];
  const fetched = await tera(["fetch", id, "--output", output, "--errors", errors, "--json"]);
  expect(fetched.exitCode).toBe(0);
  const text = await readFile(output, "utf8");
  expect(JSON.parse(fetched.stdout).output).toEqual({ file: output, bytes: Buffer.byteLength(text) });
  expect(idsOf(text)).toEqual(["line-0", "line-2"]);
  expect(idsOf(await readFile(errors, "utf8"))).toEqual(["line-1"]);
  const printed = await tera(["fetch", id]);
  expect(idsOf(printed.stdout)).toEqual(["line-0", "line-2"]);
  expect(printed.stderr).toContain("--errors");
});

test("where stderr is no terminal the wait prints a line for each status, and nothing is drawn", async () => {
  const path = await fileOf("plain.jsonl", [line(0)]);
  const { exitCode, stderr } = await tera(["create", path, "--wait"]);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/batch_\w+: completed, 1 of 1 lines/);
  expect(stderr).not.toContain("\u001b");
});

test("a batch is cancelled; what was done can be fetched, and nothing before the end", async () => {
  const path = await fileOf(
    "many.jsonl",
    Array.from({ length: 3_000 }, (_, index) => line(index)),
  );
  const { stdout: id } = await tera(["create", path]);
  expect(await tera(["fetch", id])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--wait") });
  expect((await tera(["cancel", id])).stderr).toContain("cancelling");
  const ended = await tera(["status", id, "--wait", "--json"]);
  expect(ended.exitCode).toBe(1);
  expect(JSON.parse(ended.stdout).status).toBe("cancelled");
});

test("what is wrong is one sentence, with exit code 1", async () => {
  const problem = async (args: string[], change: NodeJS.ProcessEnv = {}) => {
    const run = await runForTest(["batch", ...args], { environment: { ...environment, ...change } });
    expect(run.exitCode).toBe(1);
    return run.stderr;
  };
  const good = await fileOf("good.jsonl", [line(0)]);
  // Longer than what lies in the buffers of a connection: the answer comes while the file still goes up.
  const long = Array.from({ length: 200_000 }, (_, index) => (index === 1 ? "{" : line(index)));
  expect(await problem(["create", await fileOf("bad.jsonl", long)])).toContain("Line 2: it is not JSON");
  expect(await problem(["create", join(folder, "none.jsonl")])).toContain("cannot be read");
  expect(await problem(["create", folder])).toContain("is no file");
  expect(await problem(["create", good, "--endpoint", "/v1/audio/speech"])).toContain("endpoint");
  expect(await problem(["create", good, "--metadata", "x"])).toContain("name=value");
  expect(await problem(["status", "batch_none"])).toContain("There is no batch `batch_none`");
  expect(await problem(["list"], { TERA_API_KEY: "sk-wrong" })).toContain("Check TERA_API_KEY");
  expect(await problem(["list"], { TERA_API_KEY: undefined })).toContain("TERA_API_KEY is not set");
  expect(await problem(["list"], { TERA_BASE_URL: "http://127.0.0.1:9/v1" })).toContain("does not answer");
  const refused = await problem(["create", await fileOf("twice.jsonl", [line(0), line(0)]), "--wait"]);
  expect(refused).toContain("error in line 2: `line-0` is the id of another line, too.");
  expect(refused).not.toContain("batch fetch");
  const { stdout: id } = await tera(["create", good, "--wait"]);
  expect(await problem(["fetch", id, "--output", join(folder, "no", "such", "x")])).toContain("cannot be written");
  expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
});
