/** Addresses that may use a key: single ones, or blocks in CIDR notation (RFC 4632, RFC 4291). */
import { isIP } from "node:net";

export type AddressBlock = { block: string } | { problem: string };

/** `203.0.113.7` -> `203.0.113.7/32`, `2001:DB8::/32` -> `2001:db8::/32`; else what is wrong with it, as a sentence. */
export function parseAddressBlock(text: string): AddressBlock {
  const [address = "", length, ...more] = text.trim().split("/");
  const family = isIP(address);
  if (family === 0 || address.includes("%") || more.length > 0) {
    return { problem: `"${text}" is no address and no block such as 203.0.113.0/24 or 2001:db8::/32.` };
  }
  const bits = family === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > bits) {
    return { problem: `"${text}" must end in a number of bits from /0 to /${bits}.` };
  }
  const value = toNumber(address, family);
  const hostBits = BigInt(bits - prefix);
  const network = (value >> hostBits) << hostBits;
  const block = `${toText(network, family)}/${prefix}`;
  if (network !== value) return { problem: `"${text}" has bits beyond /${prefix}: the block is ${block}.` };
  return { block };
}

function toNumber(address: string, family: number): bigint {
  if (family === 4) return address.split(".").reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groupsOf = (part: string) => (part === "" ? [] : part.split(":"));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function toText(value: bigint, family: number): string {
  const partBits = family === 4 ? 8n : 16n;
  const parts = Array.from(
    { length: family === 4 ? 4 : 8 },
    (_, index) => (value >> (partBits * BigInt((family === 4 ? 3 : 7) - index))) & ((1n << partBits) - 1n),
  );
  if (family === 4) return parts.join(".");
  const full = parts.map((part) => part.toString(16)).join(":");
  return new URL(`http://[${full}]`).hostname.slice(1, -1);
}
