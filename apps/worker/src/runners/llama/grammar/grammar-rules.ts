/**
 * Builds a GBNF grammar, llama.cpp's own notation, rule by rule.
 *
 * Source: llama.cpp, grammars/README.md. Bounded, because a client's schema decides how large it gets.
 */
import { TeraError } from "@tera/protocol";

const rulesMax = 4_000;
const charactersMax = 512 * 1024;
/** llama.cpp writes each repetition out: 100,000 take it 80 ms. */
const repetitionsMax = 50_000;

export interface GrammarRules {
  /** Adds a rule, or finds the one with this body. Returns its name. */
  add(body: string): string;
  /** A name whose body follows later: for rules that refer to themselves. */
  reserve(): string;
  define(name: string, body: string): void;
  /** Counts the repetitions that a rule asks for. */
  spend(repetitions: number): void;
  /** The whole grammar. */
  toGrammar(rootBody: string): string;
}

export function createGrammarRules(): GrammarRules {
  const bodies = new Map<string, string>();
  const names = new Map<string, string>();
  let reserved = 0;
  let characters = 0;
  let repetitions = 0;

  function reserve(): string {
    if (reserved >= rulesMax) throw tooLarge();
    return `r${reserved++}`;
  }

  function define(name: string, body: string): void {
    characters += body.length;
    if (characters > charactersMax) throw tooLarge();
    bodies.set(name, body);
  }

  return {
    reserve,
    define,
    spend(more) {
      repetitions += more;
      if (repetitions > repetitionsMax) throw tooLarge();
    },
    add(body) {
      const known = names.get(body);
      if (known !== undefined) return known;
      const name = reserve();
      define(name, body);
      names.set(body, name);
      return name;
    },
    toGrammar(rootBody) {
      return [`root ::= ${rootBody}`, ...[...bodies].map(([name, body]) => `${name} ::= ${body}`)].join("\n");
    },
  };
}

function tooLarge(): TeraError {
  return new TeraError("unsupported_parameter", "The JSON schema is too large to be enforced; use a smaller one.", {
    param: "response_format",
  });
}

/** A text as it stands. */
export function literal(text: string): string {
  const escaped = text.replace(/["\\]|[^ -~]/gu, (char) => {
    if (char === '"' || char === "\\") return `\\${char}`;
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** The JSON of a value, written without white space. */
export function jsonLiteral(value: unknown): string {
  return literal(JSON.stringify(value));
}

/** One of several bodies. */
export function oneOf(bodies: readonly string[]): string {
  return bodies.length === 1 ? (bodies[0] ?? "") : `(${bodies.join(" | ")})`;
}
