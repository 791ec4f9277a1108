/**
 * The form of an API key: `sk-tera-`, 40 base62 characters of randomness (238 bits), 6 of checksum.
 *
 * The checksum (CRC-32 of the 40 characters, base62) is no secret: it lets a typo, a truncated key or a guess be refused without a
 * look-up, and a scanner of leaked secrets recognise a key without a false alarm.
 */
import { crc32 } from "node:zlib";
import { randomBase62 } from "@tera/protocol";

const apiKeyPrefix = "sk-tera-";

const randomLength = 40;
const checksumLength = 6;
const bodyPattern = /^sk-tera-[0-9A-Za-z]{46}$/;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A new key: the only time that it exists outside its owner's hands. */
export function newApiKey(): string {
  const random = randomBase62(randomLength);
  return `${apiKeyPrefix}${random}${checksumOf(random)}`;
}

/** True for a text that was once made by `newApiKey`, or by somebody who knows the form; says nothing about whether it opens anything. */
export function isWellFormedApiKey(text: string): boolean {
  if (!bodyPattern.test(text)) return false;
  const end = apiKeyPrefix.length + randomLength;
  return text.slice(end) === checksumOf(text.slice(apiKeyPrefix.length, end));
}

/** 62^6 is more than 2^32, so six characters hold every CRC-32. */
function checksumOf(random: string): string {
  let rest = crc32(random);
  let text = "";
  for (let place = 0; place < checksumLength; place++) {
    text = alphabet.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
