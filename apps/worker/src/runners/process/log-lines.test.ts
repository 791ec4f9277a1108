import fc from "fast-check";
import { expect, test } from "vitest";
import { createLogLines, logLinesMax } from "./log-lines.ts";

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const log = createLogLines();
  const sink = log.sink();
  for (const chunk of chunks) sink.write(Buffer.from(chunk));
  return log.all();
}

test("the last lines are kept, and no more than the bound", () => {
  const log = createLogLines();
  const sink = log.sink();
  for (let number = 0; number < logLinesMax + 20; number++) sink.write(Buffer.from(`line ${number}\n`));
  expect(log.all()).toHaveLength(logLinesMax);
  expect(log.last(2)).toEqual([`line ${logLinesMax + 18}`, `line ${logLinesMax + 19}`]);
});

test("a line without an end costs a bounded piece of memory, and is shown cut", () => {
  const log = createLogLines();
  const sink = log.sink();
  for (let times = 0; times < 200; times++) sink.write(Buffer.alloc(64 * 1024, "x"));
  sink.write(Buffer.from("\nnext\n"));
  expect(log.all()).toEqual([`${"x".repeat(2_000)}…`, "next"]);
});

test("of a progress bar the newest state is kept, and seen while it moves", () => {
  expect(linesOf("loading:  10%\r", "loading:  5", "0%")).toEqual(["loading:  50%"]);
  expect(linesOf("loading:  10%\rloading: 100%\r\ndone\r\n")).toEqual(["loading: 100%", "done"]);
});

test("colours, control characters and blank lines are left out", () => {
  expect(linesOf("\u001b[32mINFO\u001b[0m\tready\u0007\n\n   \n\u001b[2J\n")).toEqual(["INFO\tready"]);
});

test("two streams do not tear each other's lines", () => {
  const log = createLogLines();
  const [out, err] = [log.sink(), log.sink()];
  out.write(Buffer.from("from "));
  err.write(Buffer.from("error\n"));
  out.write(Buffer.from("output\nthe last words"));
  out.end();
  expect(log.all()).toEqual(["error", "from output", "the last words"]);
  err.write(Buffer.from("still here"));
  expect(log.last(1)).toEqual(["still here"]);
});

test("the last words are those of the present process, without what we noted ourselves", () => {
  const log = createLogLines();
  const first = log.sink();
  log.begin("tera: started");
  first.write(Buffer.from("first\n"));
  first.end();
  log.note("tera: ended");
  expect(log.last(3)).toEqual(["first"]);
  log.begin("tera: started");
  expect(log.last(3)).toEqual([]);
  log.sink().write(Buffer.from("second\n"));
  expect(log.last(3)).toEqual(["second"]);
  expect(log.all()).toEqual(["tera: started", "first", "tera: ended", "tera: started", "second"]);
});

test("the lines are the same wherever the output is cut, also inside a character", () => {
  const text = fc.array(fc.constantFrom("a", "ü", "€", "🙂", "\n", "\r", "\r\n", "word "), { maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 8 }), (parts, cuts) => {
      const bytes = Buffer.from(`${parts.join("")}\n`);
      const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(linesOf(...chunks)).toEqual(linesOf(bytes));
    }),
  );
});

test("what is to be hidden is hidden in lines that have ended and in those that have not", () => {
  const lines = createLogLines((text) => text.replaceAll("secret", "***"));
  const sink = lines.sink();
  sink.write(Buffer.from("a \u001b[1mse\u001b[0mcret\nanother secret"));
  expect(lines.all()).toEqual(["a ***", "another ***"]);
});
