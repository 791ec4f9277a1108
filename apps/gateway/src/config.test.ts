import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const least = { DATABASE_URL: "postgres://x@y/z", REDIS_URL: "redis://x", TERA_SECRET: "s".repeat(32) };

test("without payments and notices, background work is on and nothing else is", () => {
  expect(readConfig(least)).toMatchObject({ TERA_GATEWAY_BACKGROUND: true });
});

test.each([
  [{ TERA_GATEWAY_STRIPE_KEY: "sk_test_1" }, "TERA_GATEWAY_STRIPE_WEBHOOK_SECRET: is not set"],
  [
    { TERA_GATEWAY_STRIPE_KEY: "sk_test_1", TERA_GATEWAY_STRIPE_WEBHOOK_SECRET: "" },
    "TERA_GATEWAY_STRIPE_WEBHOOK_SECRET: is not set",
  ],
  [{ TERA_GATEWAY_NOTICE_URL: "https://x.example/" }, "TERA_GATEWAY_NOTICE_SECRET: is not set"],
  [{ TERA_GATEWAY_NOTICE_URL: "https://x.example/", TERA_GATEWAY_NOTICE_SECRET: "short" }, "must be whsec_"],
])("a gateway does not start with %o", (given, says) => {
  expect(() => readConfig({ ...least, ...given })).toThrow(says);
});
