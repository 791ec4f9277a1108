/**
 * JSON Schema to grammar: whatever the grammar lets through is valid against the schema.
 *
 * The grammar may allow less than the schema (properties in the schema's order, no undeclared ones beside declared ones), never more. A
 * keyword that cannot be held to is refused, naming it. Keywords that assert nothing (title, default, ...) and unknown ones are ignored,
 * as JSON Schema says.
 *
 * Source: JSON Schema 2020-12, core and validation.
 */
import { TeraError } from "@tera/protocol";
import { type GrammarRules, jsonLiteral, oneOf } from "./grammar-rules.ts";
import {
  type AnyJsonRules,
  addAnyJson,
  booleanBody,
  characterRule,
  integerRule,
  mapBody,
  nullBody,
  numberRule,
  space,
  stringRule,
} from "./json-grammar.ts";
import { integerBody, type NumberBounds, numberBody } from "./number-grammar.ts";
import { stringFormats } from "./string-format-grammar.ts";

/** llama.cpp refuses more repetitions of one thing. */
const repetitionsMax = 2_000;
const depthMax = 64;
const enumMax = 2_000;
const unionMax = 256;

type JsonObject = Record<string, unknown>;

/** Assertions that no rule here holds to. */
const neverEnforced = [
  "not",
  "if",
  "patternProperties",
  "propertyNames",
  "dependentRequired",
  "dependentSchemas",
  "dependencies",
  "contains",
  "multipleOf",
  "pattern",
  "$dynamicRef",
  "$recursiveRef",
];
/** Keywords that say nothing about what is valid, or nothing on their own. */
const annotations = new Set([
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$schema",
  "$id",
  "$comment",
  "$anchor",
  "$defs",
  "definitions",
]);
const typeNames = ["string", "number", "integer", "boolean", "null", "object", "array"];

export interface JsonSchemaOptions {
  /** The request field that holds the schema, named in errors. */
  param: string;
}

/**
 * @returns the rule for values that the schema takes.
 * @throws {TeraError} `unsupported_parameter` for what cannot be enforced, `invalid_request` for what is no schema.
 */
export function addJsonSchema(rules: GrammarRules, schema: unknown, options: JsonSchemaOptions): string {
  const root = schema;
  const references = new Map<string, string>();
  let anyJson: AnyJsonRules | undefined;

  function anyJsonRules(): AnyJsonRules {
    anyJson ??= addAnyJson(rules);
    return anyJson;
  }

  function unsupported(what: string): TeraError {
    return new TeraError("unsupported_parameter", `This model cannot be held to a JSON schema with ${what}.`, options);
  }

  function invalid(what: string): TeraError {
    return new TeraError("invalid_request", `The JSON schema is not valid: ${what}.`, options);
  }

  /** The rule for one schema. */
  function add(node: unknown, depth: number): string {
    if (depth > depthMax) throw unsupported(`more than ${depthMax} levels`);
    if (node === true) return anyJsonRules().value;
    if (node === false) throw unsupported("false, which no value satisfies");
    if (!isObject(node)) throw invalid("a schema must be an object or a boolean");
    refuseUnenforced(node);
    if ("$ref" in node) return addReference(node, depth);
    const union = addUnion(node, depth);
    if (union !== undefined) return union;
    if ("const" in node) return rules.add(oneOf(literals([node["const"]], node)));
    if ("enum" in node) {
      const values = node["enum"];
      if (!Array.isArray(values) || values.length === 0) throw invalid("enum must be an array with values");
      if (values.length > enumMax) throw unsupported(`an enum of more than ${enumMax} values`);
      return rules.add(oneOf(literals(values, node)));
    }
    const alternatives = typesOf(node).map((type) => addType(type, node, depth));
    if (node["nullable"] === true && !alternatives.includes(nullBody)) alternatives.push(nullBody);
    return rules.add(oneOf(alternatives));
  }

  function refuseUnenforced(node: JsonObject): void {
    for (const keyword of neverEnforced) if (keyword in node) throw unsupported(`"${keyword}"`);
    if (node["uniqueItems"] === true) throw unsupported('"uniqueItems"');
  }

  function addReference(node: JsonObject, depth: number): string {
    refuseSiblings(node, "$ref");
    const pointer = node["$ref"];
    if (typeof pointer !== "string") throw invalid("$ref must be a string");
    const known = references.get(pointer);
    if (known !== undefined) return known;
    const name = rules.reserve();
    references.set(pointer, name);
    rules.define(name, add(resolve(pointer), depth + 1));
    return name;
  }

  /** A JSON pointer into the schema itself: nothing is fetched. */
  function resolve(pointer: string): unknown {
    if (pointer !== "#" && !pointer.startsWith("#/")) throw unsupported('a "$ref" that is no JSON pointer into itself');
    let node: unknown = root;
    for (const part of pointer.slice(1).split("/").slice(1)) {
      const key = decodePointerPart(part);
      if ((!isObject(node) && !Array.isArray(node)) || !Object.hasOwn(node, key)) {
        throw invalid(`"$ref" names ${pointer.slice(0, 100)}, which it does not contain`);
      }
      node = Reflect.get(node, key);
    }
    return node;
  }

  function decodePointerPart(part: string): string {
    try {
      return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    } catch {
      throw invalid('a "$ref" is not a JSON pointer');
    }
  }

  function addUnion(node: JsonObject, depth: number): string | undefined {
    for (const keyword of ["anyOf", "oneOf", "allOf"] as const) {
      const members = node[keyword];
      if (members === undefined) continue;
      if (!Array.isArray(members) || members.length === 0) throw invalid(`${keyword} must be an array with schemas`);
      if (members.length > unionMax) throw unsupported(`"${keyword}" of more than ${unionMax} schemas`);
      refuseSiblings(node, keyword);
      if (keyword === "allOf" && members.length > 1) throw unsupported('"allOf" of several schemas');
      if (keyword === "oneOf" && !areDisjoint(members.map(follow))) {
        throw unsupported('"oneOf" whose members are not told apart by type or by a constant property; use "anyOf"');
      }
      return rules.add(oneOf(members.map((member) => add(member, depth + 1))));
    }
    return undefined;
  }

  /** What a chain of references ends in, for looking only. */
  function follow(member: unknown): unknown {
    let node = member;
    for (let hops = 0; hops < depthMax && isObject(node) && typeof node["$ref"] === "string"; hops++) {
      node = resolve(node["$ref"]);
    }
    return node;
  }

  function refuseSiblings(node: JsonObject, keyword: string): void {
    const sibling = Object.keys(node).find(
      (key) => key !== keyword && !annotations.has(key) && key !== "discriminator",
    );
    if (sibling !== undefined) throw unsupported(`"${sibling}" beside "${keyword}"`);
  }

  function literals(values: unknown[], node: JsonObject): string[] {
    const types = "type" in node ? typesOf(node) : typeNames;
    const fitting = values.filter((value) => types.some((type) => isOfType(value, type)));
    if (node["nullable"] === true && !fitting.includes(null)) fitting.push(null);
    if (fitting.length === 0) throw invalid("an enum has no value of its type");
    return fitting.map(jsonLiteral);
  }

  function typesOf(node: JsonObject): string[] {
    const given = node["type"];
    if (given !== undefined) {
      const types: unknown[] = Array.isArray(given) ? given : [given];
      const names = types.filter((type): type is string => typeof type === "string" && typeNames.includes(type));
      if (names.length === 0 || names.length !== types.length)
        throw invalid(`type must be one of ${typeNames.join(", ")}`);
      return names;
    }
    // Without a type, keywords bind only values of their own type; the grammar narrows to those.
    if (["properties", "required", "additionalProperties"].some((key) => key in node)) return ["object"];
    if (["items", "prefixItems", "minItems", "maxItems"].some((key) => key in node)) return ["array"];
    if (["minLength", "maxLength", "format"].some((key) => key in node)) return ["string"];
    if (["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].some((key) => key in node)) return ["number"];
    return typeNames;
  }

  function addType(type: string, node: JsonObject, depth: number): string {
    switch (type) {
      case "string":
        return addString(node);
      case "integer":
      case "number":
        return addNumber(type, node);
      case "boolean":
        return rules.add(booleanBody);
      case "null":
        return nullBody;
      case "array":
        return addArray(node, depth);
      default:
        return addObject(node, depth);
    }
  }

  function addString(node: JsonObject): string {
    const format = node["format"];
    const length = repetition(node, "minLength", "maxLength");
    if (typeof format === "string") {
      const body = stringFormats.get(format);
      if (body === undefined) throw unsupported(`"format": "${format.slice(0, 40)}"`);
      if (length !== "*") throw unsupported('"minLength" or "maxLength" beside "format"');
      return rules.add(`"\\"" (${body}) "\\""`);
    }
    if (length === "*") return stringRule(rules);
    return rules.add(`"\\"" ${characterRule(rules)}${length} "\\""`);
  }

  function addNumber(type: "integer" | "number", node: JsonObject): string {
    const bounds = boundsOf(node);
    if (!Number.isFinite(bounds.min) && !Number.isFinite(bounds.max)) {
      return type === "integer" ? integerRule(rules) : numberRule(rules);
    }
    const body = type === "integer" ? integerBody(bounds) : numberBody(bounds);
    if (body === undefined) throw invalid("no number is within its bounds");
    return rules.add(body);
  }

  function boundsOf(node: JsonObject): NumberBounds {
    const [minimum, over] = [boundOf(node, "minimum"), boundOf(node, "exclusiveMinimum")];
    const [maximum, under] = [boundOf(node, "maximum"), boundOf(node, "exclusiveMaximum")];
    const min = Math.max(minimum ?? Number.NEGATIVE_INFINITY, over ?? Number.NEGATIVE_INFINITY);
    const max = Math.min(maximum ?? Number.POSITIVE_INFINITY, under ?? Number.POSITIVE_INFINITY);
    return { min, max, minExclusive: over === min, maxExclusive: under === max };
  }

  function boundOf(node: JsonObject, keyword: string): number | undefined {
    const bound = node[keyword];
    if (bound === undefined) return undefined;
    if (typeof bound !== "number") throw invalid(`${keyword} must be a number`);
    if (!Number.isInteger(bound)) throw unsupported(`"${keyword}" that is no whole number`);
    return bound;
  }

  /** `*` without bounds, otherwise `{min,max}`. */
  function repetition(node: JsonObject, minKeyword: string, maxKeyword: string): string {
    const [min, max] = [countOf(node, minKeyword) ?? 0, countOf(node, maxKeyword)];
    if (max === undefined) return min === 0 ? "*" : `{${min},}`;
    if (max < min) throw invalid(`${maxKeyword} is less than ${minKeyword}`);
    return `{${min},${max}}`;
  }

  function countOf(node: JsonObject, keyword: string): number | undefined {
    const count = node[keyword];
    if (count === undefined) return undefined;
    if (typeof count !== "number" || !Number.isInteger(count) || count < 0) {
      throw invalid(`${keyword} must be a whole number, 0 or more`);
    }
    if (count > repetitionsMax) throw unsupported(`"${keyword}" above ${repetitionsMax}`);
    rules.spend(count);
    return count;
  }

  function addArray(node: JsonObject, depth: number): string {
    const min = countOf(node, "minItems") ?? 0;
    const max = countOf(node, "maxItems");
    if (max !== undefined && max < min) throw invalid("maxItems is less than minItems");
    const prefix: unknown = node["prefixItems"] ?? (Array.isArray(node["items"]) ? node["items"] : []);
    if (!Array.isArray(prefix)) throw invalid("prefixItems must be an array");
    if (prefix.length > 0) return addTuple(prefix, min, max, depth);
    const items = node["items"] ?? node["unevaluatedItems"] ?? true;
    if (items === false || max === 0) {
      if (min > 0) throw invalid("an array can have no items, but must");
      return rules.add('"[" "]"');
    }
    const item = add(items, depth + 1);
    const more = max === undefined ? `{${Math.max(min - 1, 0)},}` : `{${Math.max(min - 1, 0)},${max - 1}}`;
    // A rule of its own: what is repeated must be one thing for llama.cpp to repeat it often.
    const list = `${item} ${rules.add(`"," ${space} ${item}`)}${more}`;
    return rules.add(min === 0 ? `"[" (${list})? "]"` : `"[" ${list} "]"`);
  }

  /** Items with a schema by position. All of them are written, and none beyond. */
  function addTuple(prefix: unknown[], min: number, max: number | undefined, depth: number): string {
    if (min > prefix.length || (max !== undefined && max < prefix.length)) {
      throw unsupported('"minItems" or "maxItems" other than the number of "prefixItems"');
    }
    const items = prefix.map((item) => add(item, depth + 1));
    return rules.add(`"[" ${items.join(` "," ${space} `)} "]"`);
  }

  function addObject(node: JsonObject, depth: number): string {
    const properties = node["properties"] ?? {};
    const required = node["required"] ?? [];
    if (!isObject(properties)) throw invalid("properties must be an object");
    if (!Array.isArray(required)) throw invalid("required must be an array");
    const extra = node["additionalProperties"] ?? node["unevaluatedProperties"] ?? true;
    const names = Object.keys(properties);
    const undeclared = required.filter((name): name is string => typeof name === "string" && !names.includes(name));
    if (undeclared.length > 0 && extra === false) throw invalid("required names a property that is not allowed");
    const count = names.length + undeclared.length;
    const [minimum, maximum] = [countOf(node, "minProperties") ?? 0, countOf(node, "maxProperties")];
    if (count === 0 && minimum === 0 && maximum === undefined) return addMap(extra, depth);
    if (minimum > new Set(required).size) throw unsupported('"minProperties"');
    if (maximum !== undefined && maximum < count) throw unsupported('"maxProperties"');
    const entries = [...names, ...undeclared].map((name) => {
      const value = add(names.includes(name) ? properties[name] : extra, depth + 1);
      return { rule: rules.add(`${jsonLiteral(name)} ":" ${space} ${value}`), required: required.includes(name) };
    });
    return rules.add(`"{" ${addEntries(entries)} "}"`);
  }

  function addMap(extra: unknown, depth: number): string {
    if (extra === true) return anyJsonRules().object;
    if (extra === false) return rules.add('"{" "}"');
    return rules.add(mapBody(rules, add(extra, depth + 1)));
  }

  /** Entries in order, optional ones left out or not. From the back: a rule for the rest behind an entry, and one at the front. */
  function addEntries(entries: { rule: string; required: boolean }[]): string {
    let behind = '""';
    let front = '""';
    for (const entry of entries.toReversed()) {
      const first = `${entry.rule} ${behind}`;
      front = rules.add(entry.required ? first : `${first} | ${front}`);
      const next = `"," ${space} ${entry.rule}`;
      behind = rules.add(entry.required ? `${next} ${behind}` : `(${next})? ${behind}`);
    }
    return front;
  }

  return add(schema, 0);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

/** True when no value can be valid against two of the schemas: other types, or another constant in the same required property. */
function areDisjoint(schemas: unknown[]): boolean {
  return schemas.every((one, at) => schemas.slice(at + 1).every((other) => excludes(one, other)));
}

function excludes(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return false;
  const [values, otherValues] = [constants(one), constants(other)];
  if (values !== undefined && otherValues !== undefined) return !values.some((value) => otherValues.includes(value));
  const [type, otherType] = [one["type"], other["type"]];
  if (typeof type !== "string" || typeof otherType !== "string") return false;
  if (type !== otherType) return ![type, otherType].every((name) => name === "number" || name === "integer");
  const [properties, otherProperties] = [one["properties"], other["properties"]];
  if (!isObject(properties) || !isObject(otherProperties)) return false;
  return Object.keys(properties).some(
    (name) => isRequired(one, name) && isRequired(other, name) && excludes(properties[name], otherProperties[name]),
  );
}

/** The values that a schema allows, as JSON, where it lists them. */
function constants(node: JsonObject): string[] | undefined {
  if ("const" in node) return [JSON.stringify(node["const"])];
  return Array.isArray(node["enum"]) ? node["enum"].map((value) => JSON.stringify(value)) : undefined;
}

function isRequired(node: JsonObject, name: string): boolean {
  return Array.isArray(node["required"]) && node["required"].includes(name);
}
