import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultDataDirectory, parseUpFlags, workspaceRoot } from "./flags.ts";

const defaults = { port: "8787", host: "127.0.0.1", dashboardPort: "8788" };

test("without a flag engines are looked for, and else the bundled model is served, with data in the clone", () => {
  const flags = parseUpFlags(defaults, "/anywhere");
  expect(flags).toMatchObject({ port: 8787, host: "127.0.0.1", dataDirectory: defaultDataDirectory, json: false });
  expect(flags.runners).toEqual([
    { kind: "llama", model: join(workspaceRoot, "models/tera-nano/tera-nano.gguf"), name: "tera/tera-nano" },
  ]);
  expect(flags.discover).toBe(true);
});

test.each([{ demo: true }, { runner: false }, { runner: ["http://127.0.0.1:8000"] }, { model: "hf:a/b" }])(
  "with %j no port is looked at",
  (choice) => {
    expect(parseUpFlags({ ...defaults, ...choice }, "/").discover).toBe(false);
  },
);

test("--demo serves the bundled model", () => {
  expect(parseUpFlags({ ...defaults, demo: true }, "/").runners).toMatchObject([{ name: "tera/tera-nano" }]);
});

test("engines of one's own replace the bundled model, and join a model of one's own", () => {
  const runner = ["http://127.0.0.1:8000", "http://127.0.0.1:8001/v1"];
  const engines = runner.map((url) => ({ kind: "http", url }));
  expect(parseUpFlags({ ...defaults, runner }, "/").runners).toEqual(engines);
  expect(parseUpFlags({ ...defaults, runner, model: "hf:owner/repo:Q4_K_M" }, "/").runners).toEqual([
    { kind: "llama", model: "hf:owner/repo:Q4_K_M" },
    ...engines,
  ]);
});

test("--no-runner serves nothing", () => {
  expect(parseUpFlags({ ...defaults, runner: false }, "/").runners).toEqual([]);
});

test("paths count from the directory of the caller", () => {
  const flags = parseUpFlags({ ...defaults, dataDir: "data", model: "flags.test.ts" }, import.meta.dirname);
  expect(flags.dataDirectory).toBe(join(import.meta.dirname, "data"));
  expect(flags.runners).toEqual([{ kind: "llama", model: join(import.meta.dirname, "flags.test.ts") }]);
});

test.each([
  [{ port: "eighty" }, "--port: must be a whole number"],
  [{ port: "65536" }, "--port:"],
  [{ runner: ["not a url"] }, "--runner takes the http:// or https:// address"],
  [{ runner: ["http://joe:secret@h"] }, "--runner must have no user or password"],
  [{ runner: ["ftp://host"] }, "--runner takes the http:// or https:// address"],
  [{ model: "/no/such.gguf" }, "There is no model file /no/such.gguf"],
  [{ model: "hf:nobody" }, "is not of the form hf:owner/repo"],
  [{ model: "hf:a/b", runner: false }, "--model and --no-runner exclude each other"],
  [{ model: "hf:a/b", demo: true }, "--model and --demo exclude each other"],
  [{ runner: false, demo: true }, "--no-runner and --demo exclude each other"],
  [{ runner: ["http://h"], demo: true }, "--runner and --demo exclude each other"],
])("%j is refused in words that name the flag", (wrong, message) => {
  expect(() => parseUpFlags({ ...defaults, ...wrong }, "/")).toThrow(message);
});
