/**
 * The fake model: each next word is a pure function of everything before it and of the seed, as with a real model at temperature 0.
 *
 * So a prompt with part of its answer appended is answered with exactly the rest, and every test can compute, byte for byte, what a
 * client must receive. A word is a token: the number of words in an answer is its number of completion tokens.
 */

/** 64 words without white space or characters that JSON escapes; several of two, three and four bytes, and joined emoji. */
export const words: readonly string[] = [
  ..."the river holds its stones and turns toward evening while a small engine counts every word that leaves it".split(
    " ",
  ),
  ..."some lamps stay lit for those who wait by open doors until morning brings new letters from far places".split(" "),
  ..."hello again, answer. Perhaps: yes; no? (42) 3.14 -7 #1 @home [ok] {set} <b> & 100% semi/colon".split(" "),
  ..."größer naïve café été привет мир 日本語 東京 한국어 שלום नमस्ते 🙂 🚀 👩‍👩‍👧‍👦 🇩🇪 ∑≠∞".split(" "),
].slice(0, 64);

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** FNV-1a over UTF-16 code units; `state` continues an earlier hash. 32 bits, unsigned. */
export function hashText(text: string, state: number = fnvOffset): number {
  let hash = state;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), fnvPrime);
  return hash >>> 0;
}

/** Spreads a hash over all its bits (murmur3's finaliser). */
export function mixBits(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

const whiteSpace = /\s$/;

/**
 * @param context everything before the answer. A word begins with a space unless what is before it ends in white space or is empty.
 * @returns a function that yields the next token's text, without end.
 */
export function createWriter(context: string, seed: number, choice = 0): () => string {
  const seedHash = hashText(`${seed}/${choice}`);
  let hash = hashText(context);
  let spaced = context !== "" && !whiteSpace.test(context);
  return () => {
    const word = words[mixBits(hash ^ seedHash) % words.length] ?? "";
    const token = spaced ? ` ${word}` : word;
    spaced = true;
    hash = hashText(token, hash);
    return token;
  };
}

/** The fake model's first `tokens` tokens after `context`, joined. */
export function fakeText(context: string, options: { tokens: number; seed?: number; choice?: number }): string {
  const write = createWriter(context, options.seed ?? 0, options.choice);
  let text = "";
  for (let token = 0; token < options.tokens; token++) text += write();
  return text;
}

/** How the fake model counts tokens: runs of characters that are no ASCII white space. */
export function countTokens(text: string): number {
  let count = 0;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const space = text.charCodeAt(at) <= 32;
    if (!space && !inside) count++;
    inside = !space;
  }
  return count;
}
