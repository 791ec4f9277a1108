/**
 * Follows one JSON object character by character, as it is generated, and tells where it ends or stops being JSON.
 *
 * It builds no value: a tool call's arguments go to the client as the model wrote them. Source: RFC 8259.
 */

export interface JsonObjectScanner {
  /** Reads on and returns how many characters of the text belong to the object; fewer than all once it is complete or broken. */
  push(text: string): number;
  readonly state: "reading" | "complete" | "broken";
}

type Expected = "object" | "firstKey" | "key" | "colon" | "value" | "firstItem" | "afterValue";

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const literalStarts: Record<string, string> = { t: "true", f: "false", n: "null" };

export function createJsonObjectScanner(): JsonObjectScanner {
  const open: ("{" | "[")[] = [];
  let state: "reading" | "complete" | "broken" = "reading";
  let expected: Expected = "object";
  // At most one of these is active: inside a string, a literal's letters to come, a number so far.
  let inString = false;
  let escaped: "no" | "started" | number = "no";
  let stringIsKey = false;
  let literalRest = "";
  let digits = "";

  function readString(char: string): boolean {
    if (typeof escaped === "number") {
      escaped = escaped === 1 ? "no" : escaped - 1;
      return /[0-9a-fA-F]/.test(char);
    }
    if (escaped === "started") {
      escaped = char === "u" ? 4 : "no";
      return '"\\/bfnrtu'.includes(char);
    }
    if (char === "\\") {
      escaped = "started";
    } else if (char === '"') {
      inString = false;
      expected = stringIsKey ? "colon" : "afterValue";
    }
    return char >= " ";
  }

  function beginString(isKey: boolean): boolean {
    inString = true;
    stringIsKey = isKey;
    return true;
  }

  function beginValue(char: string): boolean {
    expected = "afterValue";
    if (char === '"') return beginString(false);
    if (char === "{" || char === "[") {
      open.push(char);
      expected = char === "{" ? "firstKey" : "firstItem";
      return true;
    }
    const literal = literalStarts[char];
    if (literal !== undefined) {
      literalRest = literal.slice(1);
      return true;
    }
    if (char === "-" || (char >= "0" && char <= "9")) {
      digits = char;
      return true;
    }
    return false;
  }

  function close(bracket: "{" | "["): boolean {
    if (open.pop() !== bracket) return false;
    expected = "afterValue";
    if (open.length === 0) state = "complete";
    return true;
  }

  function readStructure(char: string): boolean {
    if (char === " " || char === "\n" || char === "\r" || char === "\t") return expected !== "object";
    switch (expected) {
      case "object":
        return char === "{" && beginValue(char);
      case "firstKey":
        return char === '"' ? beginString(true) : char === "}" && close("{");
      case "key":
        return char === '"' && beginString(true);
      case "colon":
        expected = "value";
        return char === ":";
      case "value":
        return beginValue(char);
      case "firstItem":
        return char === "]" ? close("[") : beginValue(char);
      case "afterValue":
        if (char === "}") return close("{");
        if (char === "]") return close("[");
        expected = open.at(-1) === "{" ? "key" : "value";
        return char === ",";
    }
  }

  function read(char: string): boolean {
    if (inString) return readString(char);
    if (literalRest !== "") {
      const fits = literalRest.startsWith(char);
      literalRest = literalRest.slice(1);
      return fits;
    }
    if (digits !== "") {
      if (/[-+.0-9eE]/.test(char)) {
        digits += char;
        return true;
      }
      const fits = number.test(digits);
      digits = "";
      return fits && readStructure(char);
    }
    return readStructure(char);
  }

  return {
    push(text) {
      for (let at = 0; at < text.length; at++) {
        if (state !== "reading") return at;
        if (!read(text.charAt(at))) {
          state = "broken";
          return at;
        }
      }
      return text.length;
    },
    get state() {
      return state;
    },
  };
}
