/** A list of addresses that may use a key: CIDR blocks of IPv4 and IPv6. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address that it stands for. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

export interface AddressList {
  has(address: string): boolean;
}

interface Block {
  family: "ipv4" | "ipv6";
  address: string;
  prefix: number;
}

const mappedBits = 96;

/** Reads `192.0.2.0/24`, `2001:db8::/32`, or a single address. @returns undefined for anything else. */
export function readAddressBlock(text: string): Block | undefined {
  const [, written = "", digits] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const address = unmap(written);
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) return undefined;
  const bits = family === "ipv4" ? 32 : 128;
  const wasMapped = family === "ipv4" && written.includes(":");
  const prefix = digits === undefined ? bits : Number(digits) - (wasMapped ? mappedBits : 0);
  return prefix >= 0 && prefix <= bits ? { family, address, prefix } : undefined;
}

/** A block that cannot be read lets nobody in. */
export function createAddressList(blocks: readonly string[]): AddressList {
  // One for each: `::/0` in a common list would let every IPv4 address in.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of blocks) {
    const block = readAddressBlock(text);
    if (block !== undefined) lists[block.family].addSubnet(block.address, block.prefix, block.family);
  }
  return {
    has(address) {
      const plain = unmap(address.replace(/%.*$/, ""));
      if (isIPv4(plain)) return lists.ipv4.check(plain, "ipv4");
      return isIPv6(plain) && lists.ipv6.check(plain, "ipv6");
    },
  };
}

/** The IPv4 address that an IPv6 address stands for, else the address itself. */
function unmap(address: string): string {
  if (!isIPv6(address)) return address;
  // The URL parser writes an IPv6 address in its one short form.
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return address;
  const bytes = [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff]);
  return bytes.join(".");
}
