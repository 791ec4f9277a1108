import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFromSchema } from "./json-from-schema.ts";
import { mixBits } from "./words.ts";

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => mixBits(++state) / 2 ** 32;
}

const { schema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      { type: "boolean" },
      { type: "null" },
      { type: ["null", "integer"] },
      { enum: ["a", 1, null] },
      { const: { k: [1] } },
      true,
      {},
    ),
    fc.record({ type: fc.constantFrom("integer", "number"), minimum: fc.integer({ min: -9, max: 9 }) }),
    fc.record({ type: fc.constantFrom("integer", "number"), exclusiveMaximum: fc.integer({ min: -9, max: 9 }) }),
    fc.record({ type: fc.constant("integer"), minimum: fc.constant(5), multipleOf: fc.integer({ min: 1, max: 9 }) }),
    fc.tuple(fc.nat(20), fc.nat(20)).map(([min, more]) => ({ type: "string", minLength: min, maxLength: min + more })),
    fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(3) }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "__x"), tie("schema")).map((properties) => ({
      type: "object",
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    })),
  ),
}));

test("what is made satisfies the schema", () => {
  const ajv = new Ajv2020({ strict: false });
  fc.assert(
    fc.property(schema, fc.nat(), (any, seed) => {
      const root = typeof any === "object" && any !== null ? any : {};
      const value = jsonFromSchema(root, randomFrom(seed));
      expect(ajv.validate(root, value), `${JSON.stringify(root)} -> ${JSON.stringify(value)}`).toBe(true);
    }),
  );
});

test("references, also recursive ones, and allOf are followed", () => {
  const recursive = {
    $defs: {
      node: {
        type: "object",
        properties: { name: { type: "string" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["name"],
      },
    },
    allOf: [{ $ref: "#/$defs/node" }, { properties: { size: { type: "integer" } }, required: ["size"] }],
  };
  const value = jsonFromSchema(recursive, randomFrom(1));
  expect(new Ajv2020({ strict: false }).validate(recursive, value), JSON.stringify(value)).toBe(true);
  expect(value).toHaveProperty("size");
});

test("a schema without a finite value is refused", () => {
  const endless = { type: "object", properties: { self: { $ref: "#" } }, required: ["self"] };
  expect(() => jsonFromSchema(endless, Math.random)).toThrow(RangeError);
  expect(() => jsonFromSchema({ $ref: "#" }, Math.random)).toThrow(RangeError);
});
