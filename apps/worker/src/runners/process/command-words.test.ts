import { expect, test } from "vitest";
import { commandProblem, fillPlaceholders, splitCommand } from "./command-words.ts";

test.each([
  ["vllm serve Qwen/Qwen3-8B --port {port}", ["vllm", "serve", "Qwen/Qwen3-8B", "--port", "{port}"]],
  ["a  'b c' \"d e\"\tf", ["a", "b c", "d e", "f"]],
  [`run --json '{"a": [1, 2]}' "" x`, ["run", "--json", '{"a": [1, 2]}', "", "x"]],
  ['a "say \\"hi\\" \\n" b\\ c', ["a", 'say "hi" \\n', "b c"]],
  ["vllm serve \\\n  model", ["vllm", "serve", "model"]],
  ["--opt='a b'c", ["--opt=a bc"]],
  ["  ", []],
])("%j is split as a shell would split it", (line, words) => {
  expect(splitCommand(line)).toEqual(words);
});

test.each([
  ["vllm serve m | tee log", /no shell/],
  ["a && b", /no shell/],
  ["a > log 2>&1", /no shell/],
  ["a --key $(cat key)", /no shell/],
  ["a 'b", /not closed/],
])("%j is refused, because only a shell would understand it", (line, message) => {
  expect(() => splitCommand(line)).toThrow(message);
});

test.each<[string[], number | undefined, RegExp | undefined]>([
  [["vllm", "serve", "m", "--port", "{port}"], undefined, undefined],
  [["vllm", "serve", "m"], undefined, undefined],
  [["vllm", "--port", "8000"], 8000, undefined],
  [["vllm", "--port", "8000"], undefined, /write \{port\} there, or set port: 8000/],
  [["vllm", "--port=8000"], 8001, /would wait on 8001/],
  [["HF_HOME=/x", "vllm"], undefined, /set HF_HOME under env/],
  [[], undefined, /must name a program/],
])("%j with port %j is judged before it is ever run", (words, port, message) => {
  if (message === undefined) expect(commandProblem(words, port)).toBeUndefined();
  else expect(commandProblem(words, port)).toMatch(message);
});

test("placeholders are filled wherever they stand, and nothing else is touched", () => {
  const text = 'http://{host}:{port}/{port} {"port": 1} {other}';
  expect(fillPlaceholders(text, { host: "127.0.0.1", port: 80 })).toBe('http://127.0.0.1:80/80 {"port": 1} {other}');
});
