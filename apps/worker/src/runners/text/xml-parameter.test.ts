import type { Tool } from "@tera/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parameterSchema, toJsonText } from "./xml-parameter.ts";

it.each<[string, string, unknown, unknown]>([
  ["a string as it is, without the line breaks around it", "\n 3 \n", { type: "string" }, " 3 "],
  ["a string where the schema says nothing", "3", undefined, "3"],
  ["a string where both would do", "3", { type: ["string", "integer"] }, "3"],
  ["an integer", "\n3\n", { type: "integer" }, 3],
  ["a number", "2.5", { type: "number" }, 2.5],
  ["a whole number for a number", "2", { type: "number" }, 2],
  ["a boolean in Python's spelling", "True", { type: "boolean" }, true],
  ["null where it is allowed", "None", { type: ["integer", "null"] }, null],
  ["an object", '{"a": [1]}', { type: "object" }, { a: [1] }],
  ["a list", "[1, 2]", { type: "array" }, [1, 2]],
  ["one of several types", "4", { anyOf: [{ type: "null" }, { type: "integer" }] }, 4],
  ["one of several values", "4", { enum: [2, 4] }, 4],
  ["a string where it does not fit its type", "many", { type: "integer" }, "many"],
  ["a string where it is another type's", "2.5", { type: "integer" }, "2.5"],
])("reads %s", (_name, text, schema, value) => {
  expect(JSON.parse(toJsonText(text, schema))).toEqual(value);
});

it("gives JSON for any text and any type", () => {
  const type = fc.constantFrom("string", "integer", "number", "boolean", "object", "array", "null", "what");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), type, (text, name) => {
      JSON.parse(toJsonText(text, { type: name }));
    }),
  );
});

it("gives a string back as it was written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(JSON.parse(toJsonText(`\n${text}\n`, { type: "string" }))).toBe(text);
    }),
  );
});

it("does not give up on a schema that contains itself", () => {
  const schema: { anyOf: unknown[] } = { anyOf: [{ type: "integer" }] };
  schema.anyOf.push(schema);
  expect(toJsonText("3", schema)).toBe("3");
});

it("finds a parameter's schema by its own name only", () => {
  const tool: Tool = {
    type: "function",
    function: { name: "f", parameters: { properties: { a: { type: "integer" } } } },
  };
  expect(parameterSchema(tool, "a")).toEqual({ type: "integer" });
  expect(parameterSchema(tool, "constructor")).toBeUndefined();
  expect(parameterSchema(undefined, "a")).toBeUndefined();
});
