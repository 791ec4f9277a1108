import { expect, test } from "vitest";
import { engineUrlProblem } from "./engine-url.ts";

test.each(["http://h", "https://h:8000/", "http://[::1]:8000/prefix/v1"])("%s is an address", (url) =>
  expect(engineUrlProblem(url)).toBeUndefined(),
);

test.each(["http://joe:secret@h", "http://joe@h", "http://:secret@h/v1", "http://h/v1?secret=1", "http://h/#secret"])(
  "what %s says beside its address is refused, and not repeated",
  (url) => expect(engineUrlProblem(url)).toMatch(/^must (?!.*secret)/),
);
