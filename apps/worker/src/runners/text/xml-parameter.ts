/**
 * The text between `<parameter=key>` and `</parameter>` as a JSON value, of the type that the tool's schema gives it.
 *
 * Source: the chat template of Qwen3-Coder (it renders strings as they are and everything else as JSON, each on lines of its own).
 */
import type { Tool } from "@tera/protocol";

/** The JSON schema of one parameter; undefined when the tool has none for it. */
export function parameterSchema(tool: Tool | undefined, key: string): unknown {
  const properties = tool?.function.parameters?.["properties"];
  return isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** @returns JSON. Text that does not fit its type stays a string: the caller of the tool sees what the model wrote. */
export function toJsonText(text: string, schema: unknown): string {
  const value = text.replace(/^\r?\n/, "").replace(/\r?\n$/, "");
  const types = typesOf(schema, 0);
  const trimmed = value.trim();
  if (types.has("null") && /^(?:null|none)$/i.test(trimmed)) return "null";
  if (types.size === 0 || types.has("string")) return JSON.stringify(value);
  if (types.has("boolean") && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase();
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return JSON.stringify(value);
  }
  return fits(parsed, types) ? trimmed : JSON.stringify(value);
}

const depthMax = 8;

/** The types that a schema allows; none: it does not say. */
function typesOf(schema: unknown, depth: number): Set<string> {
  const types = new Set<string>();
  if (!isRecord(schema) || depth > depthMax) return types;
  const named = schema["type"];
  for (const type of Array.isArray(named) ? named : [named]) if (typeof type === "string") types.add(type);
  const values = Array.isArray(schema["enum"]) ? schema["enum"] : "const" in schema ? [schema["const"]] : [];
  if (types.size === 0) for (const value of values) types.add(typeOf(value));
  for (const several of [schema["anyOf"], schema["oneOf"], schema["allOf"]]) {
    if (!Array.isArray(several)) continue;
    for (const one of several) for (const type of typesOf(one, depth + 1)) types.add(type);
  }
  return types;
}

function fits(value: unknown, types: ReadonlySet<string>): boolean {
  const type = typeOf(value);
  return types.has(type) || (type === "integer" && types.has("number"));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
