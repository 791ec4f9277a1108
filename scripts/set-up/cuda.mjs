// Where there is an NVIDIA GPU, brings the CUDA build of llama.cpp, which the workspace leaves out because of its weight (pnpm-workspace.yaml). It is installed beside the
// workspace's own packages and linked to where node-llama-cpp looks for it: in the node_modules of the root, the last one on its way up.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { runQuietly } from "./run-quietly.mjs";

const packageName = "@node-llama-cpp/linux-x64-cuda";

/**
 * Without it everything works, on the CPU: a failure is said, and the start goes on.
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function bringCuda(root, say) {
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const program = findNvidiaSmi();
  if (!program) return;
  const version = versionIn(join(root, "apps", "worker", "node_modules", "node-llama-cpp"));
  const link = join(root, "node_modules", packageName);
  if (!version || versionIn(link) === version) return;
  const listed = await runQuietly(program, ["--list-gpus"], { cwd: root, env: process.env });
  if (listed.code !== 0 || !listed.lastLines.some((line) => line.startsWith("GPU "))) return;

  say(`an NVIDIA GPU is here: bringing the CUDA build of llama.cpp (140 MB, once)`);
  const prefix = join(root, "node_modules", ".tera", "cuda");
  mkdirSync(prefix, { recursive: true });
  const words = ["install", "--prefix", prefix, "--no-save", "--no-package-lock", `${packageName}@${version}`];
  const outcome = await runQuietly("npm", words, {
    cwd: prefix,
    env: process.env,
    onSilence: (seconds) => say(`still bringing the CUDA build (${seconds} s)`),
  });
  if (outcome.code !== 0) {
    say(`the CUDA build could not be brought; llama.cpp runs on the CPU: ${outcome.lastLines.at(-1) ?? outcome.error}`);
    return;
  }
  mkdirSync(join(link, ".."), { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync(relative(join(link, ".."), join(prefix, "node_modules", packageName)), link);
}

function findNvidiaSmi() {
  // WSL keeps it outside of the PATH.
  const directories = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/lib/wsl/lib"];
  return directories.map((directory) => join(directory, "nvidia-smi")).find((path) => existsSync(path));
}

function versionIn(directory) {
  const manifest = join(directory, "package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}
