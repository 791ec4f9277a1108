import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { toCurl, toNode, toPython } from "./code-samples.ts";

const call = {
  apiUrl: "https://api.example.com/v1",
  path: "/chat/completions",
  body: { model: "a/b", messages: [{ role: "user", content: 'it\'s `$HOME` and "more"' }], strict: true, none: null },
} as const;

test("the curl line survives a shell, whatever was asked", () => {
  const words = execFileSync("sh", ["-c", toCurl(call).replace(/^curl/, "printf '%s\\n'")], { encoding: "utf8" });
  expect(JSON.parse(words.slice(words.indexOf("-d\n") + 3))).toEqual(call.body);
});

test("the Python call has Python's words", () => {
  expect(toPython(call)).toContain("strict=True");
  expect(toPython(call)).toContain("none=None");
  expect(toPython(call)).toContain('base_url="https://api.example.com/v1"');
});

test("the Node call holds the request as it is", () => {
  expect(toNode(call)).toContain(JSON.stringify(call.body, null, 2));
});
