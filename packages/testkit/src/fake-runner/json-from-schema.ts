/**
 * Makes a JSON value that satisfies a JSON Schema, as an engine with guided decoding would. Deterministic for a given `random`.
 *
 * Knows what clients of a chat API send: types, enum, const, properties, required, items, prefixItems, bounds, common formats, anyOf, oneOf,
 * allOf, $ref into the same document. Ignores pattern, if/then/else, not, dependent*.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = Record<string, unknown>;

/** Below this depth only what a schema requires is made, so that recursive schemas end. */
const optionalDepthMax = 4;
/** A schema that requires itself has no finite value. */
const depthMax = 64;

const formats: Record<string, string> = {
  "date-time": "2026-01-02T03:04:05Z",
  date: "2026-01-02",
  time: "03:04:05Z",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
};

/**
 * @param random a number in [0, 1) per call.
 * @throws {RangeError} when the schema has no finite value.
 */
export function jsonFromSchema(schema: unknown, random: () => number): Json {
  return make(schema, schema, random, 0);
}

function make(schema: unknown, root: unknown, random: () => number, depth: number): Json {
  if (depth > depthMax) throw new RangeError("the schema requires itself without end");
  if (!isObject(schema)) return "anything";
  const resolved = resolve(schema, root);
  if ("const" in resolved) return toJson(resolved["const"]);
  const choices = resolved["enum"];
  if (Array.isArray(choices) && choices.length > 0) return toJson(choices[Math.floor(random() * choices.length)]);
  switch (typeOf(resolved)) {
    case "null":
      return null;
    case "boolean":
      return random() < 0.5;
    case "integer":
      return makeNumber(resolved, random, true);
    case "number":
      return makeNumber(resolved, random, false);
    case "array":
      return makeArray(resolved, root, random, depth);
    case "object":
      return makeObject(resolved, root, random, depth);
    default:
      return makeString(resolved, random);
  }
}

/** Follows $ref, takes the first branch of anyOf and oneOf, and lays allOf over each other, until none is left. */
function resolve(schema: Schema, root: unknown): Schema {
  let current = schema;
  for (let hops = 0; hops < depthMax; hops++) {
    const { $ref, anyOf, oneOf, allOf, ...rest } = current;
    if (typeof $ref === "string") {
      current = merge(rest, lookUp($ref, root));
    } else if (Array.isArray(anyOf) || Array.isArray(oneOf)) {
      const branches: unknown[] = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [];
      current = merge(Array.isArray(allOf) ? { ...rest, allOf } : rest, branches[0]);
    } else if (Array.isArray(allOf)) {
      current = allOf.reduce<Schema>(
        (merged, part) => merge(merged, isObject(part) ? resolve(part, root) : part),
        rest,
      );
    } else {
      return current;
    }
  }
  throw new RangeError("the schema's references go round in a circle");
}

function merge(base: Schema, over: unknown): Schema {
  if (!isObject(over)) return base;
  const merged: Schema = { ...base, ...over };
  if (isObject(base["properties"]) && isObject(over["properties"])) {
    merged["properties"] = { ...base["properties"], ...over["properties"] };
  }
  if (Array.isArray(base["required"]) && Array.isArray(over["required"])) {
    merged["required"] = [...new Set([...base["required"], ...over["required"]])];
  }
  return merged;
}

function lookUp(reference: string, root: unknown): unknown {
  let value: unknown = root;
  for (const part of reference.split("/").slice(1)) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    value = isObject(value) ? value[key] : Array.isArray(value) ? value[Number(key)] : undefined;
  }
  return value;
}

function typeOf(schema: Schema): string {
  const type = schema["type"];
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return String(type.find((name) => name !== "null") ?? "null");
  if (isObject(schema["properties"])) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  if ("minimum" in schema || "maximum" in schema) return "number";
  return "string";
}

function makeNumber(schema: Schema, random: () => number, whole: boolean): number {
  const step = numberOf(schema["multipleOf"]) ?? (whole ? 1 : 0.5);
  const exclusiveMin = numberOf(schema["exclusiveMinimum"]);
  const exclusiveMax = numberOf(schema["exclusiveMaximum"]);
  const min = Math.max(numberOf(schema["minimum"]) ?? -Infinity, exclusiveMin ?? -Infinity);
  const max = Math.min(numberOf(schema["maximum"]) ?? Infinity, exclusiveMax ?? Infinity);
  const low = Number.isFinite(min) ? min : Number.isFinite(max) ? max - 100 * step : 0;
  const high = Number.isFinite(max) ? max : low + 100 * step;
  // Multiples of the step strictly inside the exclusive bounds.
  let first = Math.ceil(low / step);
  if (exclusiveMin !== undefined && first * step <= exclusiveMin) first++;
  let last = Math.floor(high / step);
  if (exclusiveMax !== undefined && last * step >= exclusiveMax) last--;
  if (last < first) return whole ? Math.ceil(low) : (low + high) / 2;
  return (first + Math.floor(random() * (last - first + 1))) * step;
}

function makeString(schema: Schema, random: () => number): string {
  const format = schema["format"];
  if (typeof format === "string" && Object.hasOwn(formats, format)) return formats[format] ?? "";
  const lengthMin = numberOf(schema["minLength"]) ?? 0;
  const lengthMax = numberOf(schema["maxLength"]) ?? Number.POSITIVE_INFINITY;
  const names = ["Berlin", "Ankara", "Zürich", "東京", "value", 'answer "quoted"', "line\nbreak"];
  let text = names[Math.floor(random() * names.length)] ?? "";
  while (text.length < lengthMin) text += "x";
  return [...text].slice(0, lengthMax).join("");
}

function makeArray(schema: Schema, root: unknown, random: () => number, depth: number): Json[] {
  const prefix: unknown[] = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const lengthMin = numberOf(schema["minItems"]) ?? 0;
  const lengthMax = numberOf(schema["maxItems"]) ?? Number.POSITIVE_INFINITY;
  const wanted =
    depth < optionalDepthMax && schema["items"] !== false
      ? Math.max(prefix.length, 1 + Math.floor(random() * 2))
      : prefix.length;
  const length = Math.min(Math.max(wanted, lengthMin), lengthMax);
  const unique = schema["uniqueItems"] === true;
  const items: Json[] = [];
  for (let tries = 0; items.length < length && tries < 100 + length; tries++) {
    const item = make(prefix[items.length] ?? schema["items"], root, random, depth + 1);
    if (!unique || !items.some((other) => JSON.stringify(other) === JSON.stringify(item))) items.push(item);
  }
  return items;
}

function makeObject(schema: Schema, root: unknown, random: () => number, depth: number): { [key: string]: Json } {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const names = depth < optionalDepthMax ? Object.keys(properties) : [];
  const wanted = new Set([...names, ...required.map(String)]);
  return Object.fromEntries([...wanted].map((name) => [name, make(properties[name] ?? {}, root, random, depth + 1)]));
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A constant of the schema: it came out of JSON, so it is JSON. */
function toJson(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return null;
}
