/**
 * JSON Schema to grammar: whatever the grammar lets through is valid against the schema.
 *
 * The grammar may allow less than the schema (properties in the schema's order, no undeclared ones beside declared ones), never more. What
 * cannot be held to is refused (schema-reader.ts).
 *
 * Source: JSON Schema 2020-12, core and validation.
 */

import { areDisjoint } from "./disjoint-schemas.ts";
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
import { integerBody, numberBody } from "./number-grammar.ts";
import { createSchemaReader, depthMax, isObject, type JsonObject, type JsonSchemaOptions } from "./schema-reader.ts";
import { stringFormats } from "./string-format-grammar.ts";

/** llama.cpp refuses more repetitions of one thing. */
const repetitionsMax = 2_000;
const enumMax = 2_000;
const unionMax = 256;

/**
 * @returns the rule for values that the schema takes.
 * @throws {TeraError} `unsupported_parameter` for what cannot be enforced, `invalid_request` for what is no schema.
 */
export function addJsonSchema(rules: GrammarRules, schema: unknown, options: JsonSchemaOptions): string {
  const { unsupported, invalid, refuseUnenforced, refuseSiblings, resolve, follow, literals, typesOf, boundsOf } =
    createSchemaReader(schema, options);
  const references = new Map<string, string>();
  let anyJson: AnyJsonRules | undefined;

  function anyJsonRules(): AnyJsonRules {
    anyJson ??= addAnyJson(rules);
    return anyJson;
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
