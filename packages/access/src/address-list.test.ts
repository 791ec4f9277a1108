import fc from "fast-check";
import { expect, test } from "vitest";
import { createAddressList, readAddressBlock } from "./address-list.ts";

test.each([
  ["192.0.2.0/24", "192.0.2.255", true],
  ["192.0.2.0/24", "192.0.3.0", false],
  ["192.0.2.7", "192.0.2.7", true],
  ["192.0.2.7", "192.0.2.8", false],
  ["192.0.2.0/24", "::ffff:192.0.2.9", true],
  ["192.0.2.0/24", "::ffff:c000:209", true],
  ["::ffff:192.0.2.0/120", "192.0.2.9", true],
  ["::ffff:192.0.2.0/120", "192.0.3.9", false],
  ["0.0.0.0/0", "203.0.113.1", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["2001:db8::/32", "2001:db8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1", true],
  ["fe80::/10", "fe80::1%eth0", true],
  ["::/0", "192.0.2.1", false],
  ["192.0.2.0/24", "not an address", false],
])("the block %s and the address %s: %s", (block, address, inside) => {
  expect(createAddressList([block]).has(address)).toBe(inside);
});

test.each([
  "",
  "192.0.2.0/33",
  "192.0.2",
  "2001:db8::/129",
  "::ffff:192.0.2.0/95",
  "host.example",
  "1.2.3.4/-1",
  "1.2.3.4/",
])("%j is no block, and lets nobody in", (text) => {
  expect(readAddressBlock(text)).toBeUndefined();
  expect(createAddressList([text]).has("192.0.2.1")).toBe(false);
});

test("an IPv4 address is in a block exactly when their first bits are equal, written either way", () => {
  const word = fc.nat({ max: 0xffff_ffff });
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
  fc.assert(
    fc.property(word, fc.nat({ max: 32 }), fc.nat({ max: 32 }), word, (base, prefix, flippedBit, noise) => {
      const other = flippedBit === 32 ? base : (base ^ (1 << flippedBit)) >>> 0;
      for (const address of [other, noise]) {
        const same = prefix === 0 || (address ^ base) >>> (32 - prefix) === 0;
        const list = createAddressList([`${dotted(base)}/${prefix}`]);
        expect(list.has(dotted(address))).toBe(same);
        expect(list.has(`::ffff:${dotted(address)}`)).toBe(same);
      }
    }),
  );
});
