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
  const first = await runVitest("tests", filters);
  counts.failed += first.errors;
  const failed = first.files.filter((file) => file.failed > 0);
  if (failed.length === 0 || stopping) return add(first.files);
  add(first.files.filter((file) => file.failed === 0));
  // What fails once may be the doing of a machine that is shared; what fails twice is broken. Some tests break what their stack is made of, so that only the
  // whole file tells, on a new one.
  const second = await runVitest("what failed, once more", ["--maxWorkers", "1", ...failed.map(({ path }) => path)]);
  add(second.files);
  counts.failed += second.errors;
}

function add(files) {
  for (const { passed, failed, skipped } of files) {
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped += skipped;
  }
}

/** @returns what became of each file, and how many errors came from outside of the tests */
async function runVitest(name, args) {
  const directory = await mkdtemp(join(tmpdir(), "tera-test-"));
  const report = join(directory, "report.json");
  try {
    const words = [
      "vitest",
      "run",
      "--reporter=default",
      `--reporter=${join(import.meta.dirname, "test-reporter.mjs")}`,
    ];
    const code = await execute(name, [...words, `--outputFile=${report}`, ...args]);
    const { files, errors } = JSON.parse(await readFile(report, "utf8").catch(() => '{"files": [], "errors": 0}'));
    const isTold = errors > 0 || files.some(({ failed }) => failed > 0);
    // It may fail before it has anything to tell.
    return { files, errors: code === 0 || isTold ? errors : 1 };
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
      env: {
        ...process.env,
        TURBO_TELEMETRY_DISABLED: "1",
        ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
      },
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
