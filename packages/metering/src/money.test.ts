import fc from "fast-check";
import { expect, test } from "vitest";
import { formatUsd, formatUsdPerMillion, parseUsd, parseUsdPerMillion } from "./money.ts";

test("amounts are exact to the nano-USD, both ways", () => {
  expect(parseUsd("12.5")).toBe(12_500_000_000n);
  expect(parseUsd("0.000000001")).toBe(1n);
  expect(formatUsd(-1n)).toBe("-0.000000001");
  expect(formatUsd(0n)).toBe("0");
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (nano) => {
      expect(parseUsd(formatUsd(nano))).toBe(nano);
    }),
  );
});

test("what is no amount is none", () => {
  for (const text of ["", " 1", "1e3", "0.0000000001", "1.", ".5", "+1", "NaN", "1,5", "12345678901"])
    expect(parseUsd(text)).toBeUndefined();
});

test("a price per million is a whole number of nano-USD per unit, or none", () => {
  expect(parseUsdPerMillion("0.07")).toBe(70n);
  expect(parseUsdPerMillion("2")).toBe(2_000n);
  expect(parseUsdPerMillion("0.001")).toBe(1n);
  expect(parseUsdPerMillion("0.0001")).toBeUndefined();
  expect(parseUsdPerMillion("-1")).toBeUndefined();
  expect(formatUsdPerMillion(70n)).toBe("0.07");
});
