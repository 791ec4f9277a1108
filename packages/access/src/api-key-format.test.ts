import fc from "fast-check";
import { expect, test } from "vitest";
import { isWellFormedApiKey, newApiKey } from "./api-key-format.ts";

const base62 = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

test("a key has the form that the contract names", () => {
  for (let made = 0; made < 100; made++) expect(newApiKey()).toMatch(/^sk-tera-[0-9A-Za-z]{46}$/);
});

test("every key that was made is well-formed, and with any one character changed it is not", () => {
  fc.assert(
    fc.property(fc.nat({ max: 45 }), fc.constantFrom(...base62), (at, character) => {
      const key = newApiKey();
      const place = "sk-tera-".length + at;
      const changed = key.slice(0, place) + character + key.slice(place + 1);
      expect(isWellFormedApiKey(key)).toBe(true);
      expect(isWellFormedApiKey(changed)).toBe(changed === key);
    }),
    { numRuns: 500 },
  );
});

test("the checksum stays what it is: keys that were issued must go on working", () => {
  // CRC-32 of the 40 characters is 2520759182 and 3036231790.
  expect(isWellFormedApiKey(`sk-tera-${"0".repeat(40)}2kaqcA`)).toBe(true);
  expect(isWellFormedApiKey(`sk-tera-${"Tera".repeat(10)}3JTiaU`)).toBe(true);
});

test("any other text is not well-formed", () => {
  fc.assert(fc.property(fc.string(), (text) => !isWellFormedApiKey(text)));
  for (const text of [
    "",
    "sk-tera-",
    newApiKey().slice(0, -1),
    `${newApiKey()}0`,
    ` ${newApiKey()}`,
    `${newApiKey()}\n`,
  ]) {
    expect(isWellFormedApiKey(text)).toBe(false);
  }
});
