/**
 * What a JSON schema says, read with suspicion: what is no schema, and what a grammar cannot hold to, is refused with its name. Keywords that assert nothing, and unknown ones,
 * are ignored, as JSON Schema says.
 */
import { TeraError } from "@tera/protocol";
import { jsonLiteral } from "./grammar-rules.ts";
import type { NumberBounds } from "./number-grammar.ts";

export const depthMax = 64;

export type JsonObject = Record<string, unknown>;

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

/** @param root the whole schema, into which references point. */
export function createSchemaReader(root: unknown, options: JsonSchemaOptions) {
  function unsupported(what: string): TeraError {
    return new TeraError("unsupported_parameter", `This model cannot be held to a JSON schema with ${what}.`, options);
  }

  function invalid(what: string): TeraError {
    return new TeraError("invalid_request", `The JSON schema is not valid: ${what}.`, options);
  }

  function refuseUnenforced(node: JsonObject): void {
    for (const keyword of neverEnforced) if (keyword in node) throw unsupported(`"${keyword}"`);
    if (node["uniqueItems"] === true) throw unsupported('"uniqueItems"');
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

  return { unsupported, invalid, refuseUnenforced, refuseSiblings, resolve, follow, literals, typesOf, boundsOf };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
