/**
 * Grammars of JSON without a schema, and of its parts.
 *
 * White space is at most one space, behind `:` and `,`: a model can not fill its answer with it. No escape stands for half a surrogate
 * pair, so every generated string is well-formed and each character counts as one.
 */
import type { GrammarRules } from "./grammar-rules.ts";

/** What may stand behind `:` and `,`. */
export const space = '" "?';

export function characterRule(rules: GrammarRules): string {
  const hex = rules.add("[0-9a-fA-F]");
  const escaped = `["\\\\/bfnrt] | "u" ([0-9a-cefA-CEF] ${hex}{3} | [dD] [0-7] ${hex}{2})`;
  return rules.add(`[^"\\\\\\x00-\\x1F\\x7F] | "\\\\" (${escaped})`);
}

export function stringRule(rules: GrammarRules): string {
  return rules.add(`"\\"" ${characterRule(rules)}* "\\""`);
}

export function integerRule(rules: GrammarRules): string {
  return rules.add('"-"? ("0" | [1-9] [0-9]{0,14})');
}

export function numberRule(rules: GrammarRules): string {
  return rules.add(`${integerRule(rules)} ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?`);
}

export const booleanBody = '"true" | "false"';
export const nullBody = '"null"';

/** An object whose values all follow one rule. */
export function mapBody(rules: GrammarRules, valueRule: string): string {
  const entry = rules.add(`${stringRule(rules)} ":" ${space} ${valueRule}`);
  return `"{" (${entry} ("," ${space} ${entry})*)? "}"`;
}

export interface AnyJsonRules {
  value: string;
  object: string;
  array: string;
}

/** Rules for any JSON. Call it once per grammar. */
export function addAnyJson(rules: GrammarRules): AnyJsonRules {
  const value = rules.reserve();
  const object = rules.add(mapBody(rules, value));
  const array = rules.add(`"[" (${value} ("," ${space} ${value})*)? "]"`);
  const scalars = [stringRule(rules), numberRule(rules), booleanBody, nullBody];
  rules.define(value, [object, array, ...scalars].join(" | "));
  return { value, object, array };
}
