import fc from "fast-check";
import { expect, test } from "vitest";
import { addUp, centNano, roundToCents, taxWithin } from "./round-cents.ts";

test("halves of a cent are rounded away from zero, everything else to the nearest cent", () => {
  expect(roundToCents(4_999_999n)).toBe(0n);
  expect(roundToCents(5_000_000n)).toBe(centNano);
  expect(roundToCents(-5_000_000n)).toBe(-centNano);
  expect(roundToCents(14_999_999n)).toBe(centNano);
});

test("tax is taken of the rounded net, and rounded once", () => {
  expect(addUp(1_004_999_999n, 1_900)).toEqual({
    exactNano: 1_004_999_999n,
    roundingNano: -4_999_999n,
    taxNano: 190_000_000n,
    totalNano: 1_190_000_000n,
  });
});

test("a total is whole cents, is the sum of its parts, and is never further from the exact sum than half a cent", () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 17n), 10n ** 17n), fc.integer({ min: 0, max: 10_000 }), (exactNano, rate) => {
      const { roundingNano, taxNano, totalNano } = addUp(exactNano, rate);
      expect(totalNano).toBe(exactNano + roundingNano + taxNano);
      expect(totalNano % centNano).toBe(0n);
      expect(roundingNano >= -5_000_000n && roundingNano <= 5_000_000n).toBe(true);
    }),
  );
});

test("the tax within a total is that of its net", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 9n), fc.integer({ min: 0, max: 5_000 }), (cents, rate) => {
      const totalNano = cents * centNano;
      const taxNano = taxWithin(totalNano, rate);
      const { taxNano: again } = addUp(totalNano - taxNano, rate);
      const difference = again - taxNano;
      expect(difference >= -centNano && difference <= centNano).toBe(true);
    }),
  );
});
