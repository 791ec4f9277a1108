// Builds the dashboard's web application, or finds out in a few milliseconds that it is built from what is here.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./run-quietly.mjs";

/**
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function bringWeb(root, say) {
  const dashboard = join(root, "apps", "dashboard");
  const stampFile = join(dashboard, "dist", ".built-from");
  const stamp = fingerprint(root, dashboard);
  if (readIfThere(stampFile) === stamp) return;

  say("building the dashboard (a few seconds)");
  const node = join(root, "node_modules", ".bin", "node");
  const vite = join(dashboard, "node_modules", "vite", "bin", "vite.js");
  const outcome = await runQuietly(node, [vite, "build", "--logLevel", "warn"], {
    cwd: dashboard,
    env: { ...process.env, NODE_ENV: "production" },
    onSilence: (seconds, line) => say(`still building the dashboard (${seconds} s) ${line}`),
  });
  if (outcome.code !== 0) {
    throw new Error(["The dashboard could not be built:", ...outcome.lastLines.map((line) => `  ${line}`)].join("\n"));
  }
  writeFileSync(stampFile, stamp);
}

/** Everything that decides what a build would make. */
function fingerprint(root, dashboard) {
  const hash = createHash("sha256").update(readFileSync(join(root, "pnpm-lock.yaml")));
  const rooms = [join(dashboard, "api"), join(dashboard, "web"), join(root, "packages", "admin-api", "src")];
  const sources = rooms.flatMap((room) =>
    readdirSync(room, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [join(dashboard, "vite.config.ts"), join(dashboard, "package.json"), ...sources.sort()]) {
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return hash.digest("hex");
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
