import { expect, test } from "vitest";
import { createBadKeyThrottle } from "./bad-key-throttle.ts";

function setUp(addressesMax = 100) {
  const clock = { nowMs: 1_000 };
  return { clock, ...createBadKeyThrottle({ burst: 3, everyMs: 1_000, addressesMax, now: () => clock.nowMs }) };
}

test("an address has its burst, then one wrong key per interval, and all of it back after a while", () => {
  const { clock, waitMs, count } = setUp();
  for (let tries = 0; tries < 3; tries++) {
    expect(waitMs("192.0.2.1")).toBe(0);
    count("192.0.2.1");
  }
  expect(waitMs("192.0.2.1")).toBe(1_000);
  expect(waitMs("192.0.2.2")).toBe(0);
  clock.nowMs += 999;
  expect(waitMs("192.0.2.1")).toBe(1);
  clock.nowMs += 1;
  expect(waitMs("192.0.2.1")).toBe(0);
  count("192.0.2.1");
  expect(waitMs("192.0.2.1")).toBe(1_000);
  clock.nowMs += 60_000;
  for (let tries = 0; tries < 3; tries++) count("192.0.2.1");
  expect(waitMs("192.0.2.1")).toBe(1_000);
});

test("many wrong keys at once do not add up to a long wait", () => {
  const { waitMs, count } = setUp();
  for (let tries = 0; tries < 500; tries++) count("192.0.2.1");
  expect(waitMs("192.0.2.1")).toBe(1_000);
});

test("all addresses of one IPv6 network count together", () => {
  const { waitMs, count } = setUp();
  for (const host of ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:1:2:3:4"]) count(host);
  expect(waitMs("2001:db8:1:2::abcd")).toBe(1_000);
  expect(waitMs("2001:db8:1:3::1")).toBe(0);
});

test("a flood of addresses is forgotten, the oldest first", () => {
  const { waitMs, count } = setUp(10);
  for (let tries = 0; tries < 3; tries++) count("192.0.2.1");
  expect(waitMs("192.0.2.1")).toBeGreaterThan(0);
  for (let last = 1; last <= 10; last++) count(`198.51.100.${last}`);
  expect(waitMs("192.0.2.1")).toBe(0);
});
