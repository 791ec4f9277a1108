// One vitest for the whole workspace: a project for each package (tests beside what they test) and one for whole-stack tests.
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

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

/** Most tests wait for programs that they have started, more than they compute. */
const maxWorkers = 3;

const longest = ["tests/dashboard/dashboard.test.ts", "tests/up.test.ts", "bench/src/dashboard/dashboard.test.ts"];

/** How long a file takes is not known on a fresh machine, and one of minutes that is begun last keeps everybody waiting. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification) => longest.some((path) => moduleId.endsWith(path));
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    globalSetup: "packages/testkit/src/vitest-setup.ts",
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      ...beside.map((root) => ({
        test: {
          name: root.split("/").at(-1) ?? root,
          root,
          include: ["{src,server,api,web}/**/*.test.{ts,tsx}"],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          maxWorkers,
        },
      })),
      {
        test: {
          name: "tests",
          root: "tests",
          include: ["**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers,
          // After the small ones: what they find is found sooner.
          sequence: { groupOrder: 1 },
          // Whole stacks and browsers, on machines that are shared: what fails twice is broken.
          retry: 1,
        },
      },
    ],
  },
});
