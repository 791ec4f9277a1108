/** How much of a prompt or an answer is kept, and as what: text that Postgres can hold, whatever a client or an engine sent. */

/** Of a prompt in all, and of an answer in all: UTF-16 code units. */
export const contentCharactersMax = 16_384;
/** Messages, or choices; tool calls of one choice. */
export const contentPartsMax = 256;

/** The first characters, without half a surrogate pair at the end. */
export function cutText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const last = text.charCodeAt(charactersMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? charactersMax - 1 : charactersMax);
}

/** Postgres takes neither a NUL nor half a surrogate pair, in text and in JSON. */
export function storableText(text: string): string {
  return text.replaceAll("\0", "\u{fffd}").toWellFormed();
}
