/** A command line as the words that a program is started with. There is no shell: what only a shell understands is told to the operator. */

/** @throws {SyntaxError} in words for the operator. */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (quote === '"' && character === "\\" && /["\\]/.test(line.charAt(at + 1))) word += line.charAt(++at);
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      // A backslash at the end of a line, as in a shell, only continues the command.
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "\\" && at + 1 < line.length) {
      const next = line.charAt(++at);
      if (next !== "\n") word = (word ?? "") + next;
    } else if (/[|&;<>]/.test(character) || (character === "$" && /[({]/.test(line.charAt(at + 1)))) {
      throw new SyntaxError(
        `no shell reads the command, so ${JSON.stringify(character)} means nothing: quote it, or write a script and start that`,
      );
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) throw new SyntaxError(`a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

/** What is wrong with a command before it was ever run, in words for the operator. */
export function commandProblem(words: readonly string[], port: number | undefined): string | undefined {
  const [program] = words;
  if (program === undefined || program === "") return "must name a program";
  const assignment = /^(\w+)=/.exec(program);
  if (assignment !== null) return `no shell reads the command: set ${assignment[1]} under env`;
  const given = givenPort(words);
  if (given === undefined || given === port) return undefined;
  return `says port ${given}, and the runner would wait on ${port ?? "another one"}: write {port} there, or set port: ${given}`;
}

/** The number in `--port 8000` or `--port=8000`. */
function givenPort(words: readonly string[]): number | undefined {
  for (const [index, word] of words.entries()) {
    const text = word.startsWith("--port=")
      ? word.slice("--port=".length)
      : word === "--port"
        ? words[index + 1]
        : undefined;
    if (text !== undefined && /^\d{1,5}$/.test(text)) return Number(text);
  }
  return undefined;
}

/** Replaces `{port}` and `{host}`, wherever they stand. */
export function fillPlaceholders(text: string, { host, port }: { host: string; port: number }): string {
  return text.replaceAll("{port}", String(port)).replaceAll("{host}", host);
}
