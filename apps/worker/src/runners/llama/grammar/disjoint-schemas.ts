/** Whether a value can be valid against two JSON schemas: where it cannot, "oneOf" is the same as "anyOf". */
import { isObject, type JsonObject } from "./schema-reader.ts";

/** True when no value can be valid against two of the schemas: other types, or another constant in the same required property. */
export function areDisjoint(schemas: unknown[]): boolean {
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
