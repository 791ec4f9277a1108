import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAddressBlock } from "./address-block.ts";

test.for([
  ["203.0.113.7", "203.0.113.7/32"],
  [" 10.0.0.0/8 ", "10.0.0.0/8"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8::/32", "2001:db8::/32"],
  ["::1", "::1/128"],
  ["::/0", "::/0"],
  ["::ffff:10.0.0.1", "::ffff:a00:1/128"],
])("%s is the block %s", ([text = "", block]) => {
  expect(parseAddressBlock(text)).toEqual({ block });
});

test.for([
  ["", "203.0.113.0/24"],
  ["localhost", "203.0.113.0/24"],
  ["10.0.0", "203.0.113.0/24"],
  ["10.0.0.0/8/8", "203.0.113.0/24"],
  ["fe80::1%eth0", "203.0.113.0/24"],
  ["10.0.0.0/33", "/32"],
  ["10.0.0.0/", "/32"],
  ["10.0.0.0/-1", "/32"],
  ["::/129", "/128"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["2001:db8::1/32", "2001:db8::/32"],
])("%s is refused, with what would be right", ([text = "", said]) => {
  expect(parseAddressBlock(text)).toEqual({ problem: expect.stringContaining(said ?? "") });
});

test("every address is a block of its own, and a block is read back as itself", () => {
  const v6 = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        v6.map((groups) => groups.map((group) => group.toString(16)).join(":")),
      ),
      (text) => {
        const parsed = parseAddressBlock(text);
        if ("problem" in parsed) throw new Error(parsed.problem);
        expect(parseAddressBlock(parsed.block)).toEqual(parsed);
      },
    ),
  );
});
