// Installs the dependencies with pnpm, or finds out in a few milliseconds that nothing is to be done.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runQuietly } from "./run-quietly.mjs";

const pnpmVersion = "12.21.0";

/**
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function bringDependencies(root, say) {
  const stampFile = join(root, "node_modules", ".tera", "dependencies");
  const manifests = findManifests(root);
  const stamp = fingerprint(root, manifests);
  if (readIfThere(stampFile) === stamp && isWhole(root, manifests)) return;

  say("installing dependencies (about a minute the first time)");
  const startedAt = Date.now();
  // A set-up that is cut off leaves no stamp: the next one begins again.
  rmSync(stampFile, { force: true });
  const [program, ...words] = await findPnpm(root);
  const outcome = await runQuietly(program, [...words, "install", "--frozen-lockfile", "--reporter=append-only"], {
    cwd: root,
    // pnpm asks no question where it believes to be in CI; and npx tries for over a minute before it admits that there is no network.
    env: { ...process.env, CI: "true", npm_config_fetch_retries: "1", npm_config_fetch_retry_mintimeout: "1000" },
    onSilence: (seconds, line) => say(`still installing (${seconds} s) ${line}`),
  });
  if (outcome.code !== 0) throw new Error(explain(outcome));
  mkdirSync(join(root, "node_modules", ".tera"), { recursive: true });
  writeFileSync(stampFile, stamp);
  say(`dependencies are in place (${Math.round((Date.now() - startedAt) / 1000)} s)`);
}

/** A pnpm of the right major version that is there already, otherwise the pinned one through npx. */
async function findPnpm(root) {
  // Outside of the repository: an older pnpm would read its `packageManager` field and go to fetch another pnpm.
  const here = await runQuietly("pnpm", ["--version"], { cwd: tmpdir(), env: process.env });
  if (here.code === 0 && here.lastLines.at(-1)?.split(".")[0] === pnpmVersion.split(".")[0]) return ["pnpm"];
  const installed = join(root, "node_modules", ".bin", "pnpm");
  if (existsSync(installed)) return [installed];
  return ["npx", "--yes", `pnpm@${pnpmVersion}`];
}

/** The package.json files of the root and of every package, relative to the root. */
function findManifests(root) {
  const manifests = ["package.json", "bench/package.json", "tests/package.json"];
  for (const room of ["apps", "packages"]) {
    for (const name of readdirSync(join(root, room)).sort()) manifests.push(`${room}/${name}/package.json`);
  }
  return manifests.filter((manifest) => existsSync(join(root, manifest)));
}

/** Everything that decides what an install would do. */
function fingerprint(root, manifests) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${pnpmVersion}\n`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ...manifests]) {
    hash
      .update(`${file}\0`)
      .update(readIfThere(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** False when somebody removed a node_modules that the stamp still vouches for. */
function isWhole(root, manifests) {
  return manifests.every((manifest) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
    const names = Object.keys({ ...dependencies, ...devDependencies });
    return names.every((name) => existsSync(join(root, manifest, "..", "node_modules", name)));
  });
}

function explain({ code, lastLines, error }) {
  if (error?.code === "ENOENT") return "npm is missing: Tera needs Node 18 or newer with npm (https://nodejs.org/).";
  const said = lastLines.join("\n");
  if (/ENOSPC|no space left/i.test(said)) return "the disk is full: the dependencies need about 1 GB.";
  const unreachable =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|META_FETCH_FAIL|error sending request/.exec(
      said,
    );
  if (unreachable) {
    return `the npm registry cannot be reached (${unreachable[0]}), and not all dependencies are here: check the network, or \`npm config get registry\`, and start again.`;
  }
  return `installing the dependencies failed (exit code ${code}):\n${said}`;
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
