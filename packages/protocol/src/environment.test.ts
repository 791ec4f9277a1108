import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, flag, integer, parseEnvironment } from "./environment.ts";

const fields = {
  DATABASE_URL: z.url("must be a URL"),
  TERA_GATEWAY_PORT: integer(0, 65_535).default(8_787),
  TERA_GATEWAY_HEALTH_PUBLIC: flag.default(false),
  TERA_LOG_LEVEL: z.enum(["info", "debug"]).default("info"),
};
const valid = { DATABASE_URL: "postgres://localhost/tera" };

function parse(environment: Record<string, string | undefined>) {
  return parseEnvironment(fields, "TERA_GATEWAY_", environment);
}

function problemsOf(environment: Record<string, string | undefined>): string[] {
  try {
    parse(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

test("values are converted, defaults filled in, foreign names left alone, the result frozen", () => {
  const config = parse({ ...valid, TERA_GATEWAY_PORT: "80", TERA_GATEWAY_HEALTH_PUBLIC: "1", PATH: "/bin" });
  expect(config).toEqual({
    DATABASE_URL: valid.DATABASE_URL,
    TERA_GATEWAY_PORT: 80,
    TERA_GATEWAY_HEALTH_PUBLIC: true,
    TERA_LOG_LEVEL: "info",
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("an empty variable is one that is not set", () => {
  expect(parse({ ...valid, TERA_GATEWAY_PORT: "" }).TERA_GATEWAY_PORT).toBe(8_787);
  expect(problemsOf({ DATABASE_URL: "" })).toHaveLength(1);
});

test("another app's names pass, so that one environment file serves all", () => {
  expect(problemsOf({ ...valid, TERA_WORKER_ID: "w", TERA_CLI_ANYTHING: "1" })).toEqual([]);
});

describe("every problem is told at once, by name", () => {
  test("unknown names with the nearest known one", () => {
    expect(problemsOf({ ...valid, TERA_GATEWAY_PROT: "80", TERA_LOG_LEVLE: "info" })).toEqual([
      "TERA_GATEWAY_PROT: unknown setting; did you mean TERA_GATEWAY_PORT?",
      "TERA_LOG_LEVLE: unknown setting; did you mean TERA_LOG_LEVEL?",
    ]);
  });

  test("missing, malformed and out-of-range values", () => {
    const problems = problemsOf({
      TERA_GATEWAY_PORT: "65536",
      TERA_GATEWAY_HEALTH_PUBLIC: "yes",
      TERA_LOG_LEVEL: "loud",
    });
    expect(problems.map((line) => line.split(":")[0])).toEqual(Object.keys(fields));
  });

  test.each(["1.5", "0x10", "1e3", " 80", "eighty", "99999999999999999999999"])("%j is no port", (port) => {
    expect(problemsOf({ ...valid, TERA_GATEWAY_PORT: port })[0]).toMatch(/^TERA_GATEWAY_PORT: /);
  });
});
