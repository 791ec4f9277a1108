// `npm test`: format and lint, types, and every test, on the Node of the workspace. The last line that it prints counts them: `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureRedisServer } from "../packages/embedded/src/index.ts";
import { ensureChromium } from "../packages/testkit/src/browser/chromium.ts";

const root = join(import.meta.dirname, "..");
const killAfterMs = 10_000;
const counts = { passed: 0, failed: 0, skipped: 0 };

/** The program that runs now. */
let running;
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
process.on("disconnect", stop);

try {
  await ensureRedisServer({ log: (line) => console.log(line) });
  await ensureChromium({ log: (line) => console.log(line) });
  await check("format and lint", ["biome", "check", "--error-on-warnings"]);
  await check("types", ["turbo", "run", "typecheck", "--output-logs=errors-only"]);
  await runTests(process.argv.slice(2));
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  counts.failed += 1;
}

const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exit(stopping || counts.failed > 0 ? 1 : 0);

/** A check is one test: it passes or it fails. */
async function check(name, words) {
  const code = await execute(name, words);
  if (code === 0) counts.passed += 1;
  else counts.failed += 1;
}

async function runTests(filters) {
  const directory = await mkdtemp(join(tmpdir(), "tera-test-"));
  const report = join(directory, "report.json");
  try {
    const words = ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...filters];
    const code = await execute("tests", words);
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
      await readFile(report, "utf8").catch(() => "{}"),
    );
    counts.passed += numPassedTests ?? 0;
    counts.skipped += (numPendingTests ?? 0) + (numTodoTests ?? 0);
    // A file that cannot be loaded has no failed test, and an error outside of the tests has no file: the exit code knows of both.
    const failed = numFailedTests || numFailedTestSuites || 0;
    counts.failed += code === 0 ? failed : Math.max(failed, 1);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @returns the exit code; never throws */
function execute(name, [program, ...args]) {
  if (stopping) return Promise.resolve(1);
  console.log(`\n── ${name}: ${[program, ...args].join(" ")}`);
  const startedAt = Date.now();
  return new Promise((resolve) => {
    running = spawn(join(root, "node_modules", ".bin", program), args, {
      cwd: root,
      // Colours are for terminals; some tools also paint what they write to a file where CI is set.
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    running.once("error", (error) => {
      console.log(`${program} could not be started: ${error.message}`);
      resolve(1);
    });
    running.once("exit", (code, signal) => {
      console.log(`── ${name}: ${code === 0 ? "passed" : "FAILED"} (${Math.round((Date.now() - startedAt) / 1000)} s)`);
      resolve(code ?? signal);
    });
  });
}

function stop() {
  if (stopping) return;
  stopping = true;
  running?.kill("SIGTERM");
  setTimeout(() => running?.kill("SIGKILL"), killAfterMs).unref();
}
