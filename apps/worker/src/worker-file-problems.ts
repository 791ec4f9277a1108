/** What is wrong with `tera.worker.yaml`, in words for the operator: a line per problem, each with the line of the file where it stands. */
import { type Document, isMap, isScalar, type LineCounter } from "yaml";
import type { z } from "zod";

/** What zod is to say where a schema has no words of its own. */
export const wordIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${typeWords[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "must not be empty" : `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}${sizeWords[issue.origin] ?? ""}`;
    case "invalid_key":
      return issue.issues[0]?.message;
    default:
      return undefined;
  }
};

const typeWords: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "a mapping (name: value)",
  record: "a mapping (name: value)",
  string: "text",
};
const sizeWords: Readonly<Record<string, string>> = { array: " entries long", string: " characters long" };

export interface WorkerFileText {
  path: string;
  document: Document;
  lines: LineCounter;
}

/** @param known the names that may stand at a place of the file. */
export function describeProblems(
  issues: readonly z.core.$ZodIssue[],
  file: WorkerFileText,
  known: (where: readonly PropertyKey[]) => readonly string[],
): string {
  return issues
    .flatMap((issue) => {
      if (issue.code !== "unrecognized_keys") return [describeProblem(file, issue.path, issue.message)];
      const message = `unknown setting; there are ${known(issue.path).join(", ")}`;
      return issue.keys.map((key) => describeProblem(file, [...issue.path, key], message));
    })
    .join("\n");
}

/** `tera.worker.yaml:3: runners.0.url: is missing` */
export function describeProblem(file: WorkerFileText, where: readonly PropertyKey[], message: string): string {
  const { line } = file.lines.linePos(offsetOf(file.document, where) ?? 0);
  return [`${file.path}:${line}`, ...(where.length > 0 ? [where.join(".")] : []), message].join(": ");
}

/** Where the nearest existing node of a path begins: the name of a setting, or what stands in a list. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range))
      return Number(node.range[0]);
  }
  return undefined;
}
