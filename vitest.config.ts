// One vitest for the whole workspace: a project for each package (tests beside what they test) and one for whole-stack tests.
import { defineConfig } from "vitest/config";

const beside = [
  "packages/protocol",
  "packages/embedded",
  "packages/telemetry",
  "packages/queue",
  "packages/database",
  "packages/access",
  "packages/metering",
  "packages/batch",
  "packages/background",
  "packages/testkit",
  "apps/gateway",
  "apps/worker",
  "apps/cli",
  "apps/dashboard",
  "bench",
];

export default defineConfig({
  test: {
    globalSetup: "packages/testkit/src/vitest-setup.ts",
    projects: [
      ...beside.map((root) => ({
        test: {
          name: root.split("/").at(-1) ?? root,
          root,
          include: ["{src,server,api,web}/**/*.test.{ts,tsx}"],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      })),
      {
        test: {
          name: "tests",
          root: "tests",
          include: ["**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // Whole stacks and browsers, on machines that are shared: what fails twice is broken.
          retry: 1,
        },
      },
    ],
  },
});
