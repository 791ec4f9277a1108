import { TeraError } from "@tera/protocol";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { getLlama, type Llama, LlamaGrammar, LlamaLogLevel } from "node-llama-cpp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createGrammarRules } from "./grammar-rules.ts";
import { addJsonSchema } from "./json-schema-grammar.ts";

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.disabled,
  });
});
afterAll(() => llama.dispose());

function compile(schema: unknown): string {
  const rules = createGrammarRules();
  return rules.toGrammar(addJsonSchema(rules, schema, { param: "response_format" }));
}

/** llama.cpp's own answer; the library keeps the method to itself. */
const textTester = z.custom<(text: string) => boolean>((value) => typeof value === "function");

async function acceptor(schema: unknown): Promise<(text: string) => boolean> {
  const grammar = await llama.createGrammar({ grammar: compile(schema) });
  expect(grammar).toBeInstanceOf(LlamaGrammar);
  const accepts = textTester.parse(Reflect.get(grammar, "_testText"));
  return (text) => accepts.call(grammar, text);
}

async function expectAccepts(schema: unknown, values: unknown[], refused: unknown[] = []): Promise<void> {
  const accepts = await acceptor(schema);
  for (const value of values) expect([value, accepts(JSON.stringify(value))]).toEqual([value, true]);
  for (const value of refused) expect([value, accepts(JSON.stringify(value))]).toEqual([value, false]);
}

function refusal(schema: unknown): TeraError {
  try {
    compile(schema);
  } catch (error) {
    if (error instanceof TeraError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

test("any JSON is let through where the schema says nothing", async () => {
  const accepts = await acceptor({});
  fc.assert(fc.property(fc.jsonValue(), (value) => accepts(JSON.stringify(value)) || hasOddNumber(value)));
});

/** Numbers of more than 15 digits, or with long exponents, are never generated. */
function hasOddNumber(value: unknown): boolean {
  return (
    /\d{16}|e[-+]?\d{3}|[\ud800-\udfff\x7f]/u.test(JSON.stringify(value)) || /\\ud[89a-f]/.test(JSON.stringify(value))
  );
}

test("white space is bounded", async () => {
  const accepts = await acceptor({ type: "object" });
  expect(accepts('{"a": 1, "b": [2, 3]}')).toBe(true);
  expect(accepts('{"a":  1}')).toBe(false);
  expect(accepts('{\n"a":1}')).toBe(false);
});

test("required properties are there and optional ones may be", async () => {
  const schema = {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "boolean" }, c: { type: "null" } },
    required: ["b"],
    additionalProperties: false,
  };
  await expectAccepts(
    schema,
    [{ b: true }, { a: 1, b: true }, { b: true, c: null }, { a: 1, b: false, c: null }],
    [{}, { a: 1 }, { a: 1, c: null }, { b: 1 }, { b: true, d: 1 }],
  );
});

test("all properties may be optional", async () => {
  const schema = { properties: { a: { type: "integer" }, b: { type: "integer" } } };
  await expectAccepts(schema, [{}, { a: 1 }, { b: 1 }, { a: 1, b: 2 }], [{ a: "x" }]);
});

test("additional properties follow their schema, and a required undeclared one too", async () => {
  await expectAccepts(
    { type: "object", additionalProperties: { type: "integer" } },
    [{}, { x: 1, y: 2 }],
    [{ x: "1" }],
  );
  await expectAccepts({ type: "object", required: ["x"] }, [{ x: [1] }], [{}]);
  await expectAccepts({ type: "object", unevaluatedProperties: false }, [{}], [{ x: 1 }]);
});

test("types, nullable, enum and const", async () => {
  await expectAccepts({ type: ["string", "null"] }, ["", "é😀", null], [1, []]);
  await expectAccepts({ type: "string", nullable: true }, ["a", null], [1]);
  await expectAccepts({ enum: ["a", 1, null, { b: [true] }] }, ["a", 1, null, { b: [true] }], ["b", 2]);
  await expectAccepts({ type: "string", enum: ["a", 1] }, ["a"], [1]);
  await expectAccepts({ const: 'q"\\\n😀' }, ['q"\\\n😀'], ["q"]);
});

test("arrays: items, their number, tuples", async () => {
  const schema = { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 3 };
  await expectAccepts(schema, [[1], [1, 2, 3]], [[], [1, 2, 3, 4], ["a"]]);
  await expectAccepts({ type: "array", maxItems: 0 }, [[]], [[1]]);
  await expectAccepts(
    { prefixItems: [{ type: "integer" }, { type: "string" }], items: false },
    [[1, "a"]],
    [[1], ["a", 1]],
  );
});

test("strings: length counts characters, formats hold", async () => {
  await expectAccepts({ type: "string", minLength: 2, maxLength: 3 }, ["ab", "äöü", "😀😀"], ["a", "abcd", "😀"]);
  await expectAccepts(
    { type: "string", format: "date" },
    ["2026-02-28", "2026-12-31"],
    ["2026-02-30", "2026-13-01", "x"],
  );
  await expectAccepts({ format: "date-time" }, ["2026-02-28T23:59:59Z", "2026-01-01T00:00:00.5+02:00"], ["2026-02-28"]);
  await expectAccepts({ format: "uuid" }, ["123e4567-e89b-42d3-a456-426614174000"], ["123e4567"]);
  await expectAccepts({ format: "email" }, ["a_b@example.com"], ["a@b", "@x.de"]);
  await expectAccepts({ format: "ipv4" }, ["127.0.0.1", "255.255.255.255"], ["256.1.1.1", "1.2.3"]);
});

test("an integer is let through exactly when it is within its bounds", async () => {
  const bound = fc.integer({ min: -1_200, max: 1_200 });
  await fc.assert(
    fc.asyncProperty(bound, bound, fc.array(bound, { maxLength: 30 }), async (one, other, values) => {
      const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
      const accepts = await acceptor({ type: "integer", minimum, maximum });
      for (const value of [...values, minimum, maximum, minimum - 1, maximum + 1]) {
        expect([value, accepts(String(value))]).toEqual([value, value >= minimum && value <= maximum]);
      }
    }),
    { numRuns: 60 },
  );
});

test("a number is let through only within its bounds, exclusive ones too", async () => {
  const bound = fc.integer({ min: -25, max: 25 });
  const value = fc.integer({ min: -2_600, max: 2_600 }).map((hundredths) => hundredths / 100);
  await fc.assert(
    fc.asyncProperty(bound, bound, fc.boolean(), fc.array(value), async (one, other, exclusive, values) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other) + 1];
      const accepts = await acceptor(
        exclusive
          ? { type: "number", exclusiveMinimum: low, exclusiveMaximum: high }
          : { type: "number", minimum: low, maximum: high },
      );
      for (const number of [...values, low, high]) {
        const fits = exclusive ? number > low && number < high : number >= low && number <= high;
        expect([number, accepts(String(number))]).toEqual([number, fits]);
      }
    }),
    { numRuns: 60 },
  );
});

test("one-sided bounds and those of safe integers", async () => {
  await expectAccepts({ type: "integer", minimum: 0 }, [0, 7, 123_456_789_012], [-1]);
  await expectAccepts({ type: "integer", exclusiveMaximum: 0 }, [-1, -99], [0, 1]);
  await expectAccepts(z.toJSONSchema(z.int()), [0, -5, 999_999_999_999_999]);
});

test("references, also to themselves", async () => {
  const tree = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { value: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["value", "next"],
      },
    },
  };
  await expectAccepts(tree, [{ value: 1, next: { value: 2, next: null } }], [{ value: 1 }, { value: 1, next: 3 }]);
  await expectAccepts({ type: "array", items: { $ref: "#" } }, [[], [[], [[]]]], [[1]]);
});

test("oneOf is taken where its members exclude each other", async () => {
  const schema = z.toJSONSchema(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), x: z.number() }),
      z.object({ kind: z.literal("b"), y: z.string() }),
    ]),
  );
  await expectAccepts(
    schema,
    [
      { kind: "a", x: 1 },
      { kind: "b", y: "" },
    ],
    [{ kind: "a", y: "" }],
  );
  expect(refusal({ oneOf: [{ type: "integer" }, { type: "number" }] }).message).toContain("oneOf");
});

test("a schema that refers to itself without end is refused by llama.cpp, not run", async () => {
  const schema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } };
  await expect(llama.createGrammar({ grammar: compile(schema) })).rejects.toThrow();
});

test("what cannot be enforced is refused, naming the keyword", () => {
  const cases: [unknown, string][] = [
    [{ type: "string", pattern: "^a" }, '"pattern"'],
    [{ not: {} }, '"not"'],
    [{ type: "array", uniqueItems: true }, '"uniqueItems"'],
    [{ type: "number", multipleOf: 2 }, '"multipleOf"'],
    [{ type: "number", minimum: 0.5 }, '"minimum"'],
    [{ type: "string", format: "uri" }, '"format": "uri"'],
    [{ type: "string", maxLength: 100_000 }, '"maxLength"'],
    [{ type: "object", anyOf: [{}], properties: {} }, '"type" beside "anyOf"'],
    [{ $ref: "https://example.com/schema" }, '"$ref"'],
    [{ allOf: [{ type: "string" }, { minLength: 2 }] }, '"allOf"'],
    [{ type: "object", properties: { a: false }, required: ["a"] }, "false"],
  ];
  for (const [schema, keyword] of cases) {
    const error = refusal(schema);
    expect([error.code, error.status, error.param]).toEqual(["unsupported_parameter", 400, "response_format"]);
    expect(error.message).toContain(keyword);
  }
});

test("what is no schema is refused as invalid", () => {
  for (const schema of [
    { type: "text" },
    { enum: [] },
    { $ref: "#/$defs/none" },
    { minItems: 2, maxItems: 1 },
    [],
    null,
  ]) {
    expect(refusal(schema).code).toBe("invalid_request");
  }
});

test("a schema of hostile size is refused in bounded time", () => {
  let deep: unknown = {};
  for (let level = 0; level < 10_000; level++) deep = { type: "array", items: deep };
  const wide = {
    type: "object",
    properties: Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`p${at}`, { const: at }])),
  };
  const repeated = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`p${at}`, { type: "string", maxLength: 1_000 + at }]),
  );
  for (const schema of [deep, wide, { properties: repeated }, { enum: Array.from({ length: 3_000 }, (_, at) => at) }]) {
    expect(refusal(schema).code).toBe("unsupported_parameter");
  }
});

test("long lists and long texts in them are within what llama.cpp repeats", async () => {
  const item = { type: "string", maxLength: 2_000 };
  const accepts = await acceptor({ type: "array", maxItems: 2_000, items: item });
  expect(accepts(JSON.stringify(Array(2_000).fill("a")))).toBe(true);
  expect(accepts(JSON.stringify(Array(2_001).fill("a")))).toBe(false);
});

test("a grammar's texts are valid by another reading of JSON Schema", async () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 5 },
      tags: { type: "array", items: { enum: ["x", "y"] }, maxItems: 2 },
    },
    required: ["name"],
    additionalProperties: false,
  };
  const accepts = await acceptor(schema);
  const isValid = new Ajv2020().compile(schema);
  const candidate = fc.record(
    {
      name: fc.oneof(fc.string({ maxLength: 7 }), fc.integer()),
      tags: fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 3 }),
      more: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(candidate, (value) => {
      if (accepts(JSON.stringify(value))) expect(isValid(value)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
