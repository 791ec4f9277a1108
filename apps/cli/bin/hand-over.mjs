// Hands this process over to a program that runs on the workspace's own Node, as nearly as Node can `exec`: same standard streams, signals passed on, same ending.
//
// The program gets a process group of its own. Ctrl-C in a terminal goes to the whole group of the terminal, and npm passes it on once more; this way only one copy
// arrives. An IPC channel tells the program when we are gone (`disconnect`), however we ended.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** A signal that comes again this soon is the terminal's and npm's copy of the same one. */
const repeatedWithinMs = 1_000;
const ancestorsCheckMs = 500;

/**
 * @param {string} root the workspace
 * @param {readonly string[]} words script (relative to the root) and its arguments
 */
export function handOver(root, [script, ...args]) {
  const child = spawn(findNode(root), [join(root, script), ...args], {
    env: { ...process.env, PATH: join(root, "node_modules", ".bin") + delimiter + (process.env["PATH"] ?? "") },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: true,
  });

  const sentAt = new Map();
  for (const signal of signals) {
    process.on(signal, () => {
      if (Date.now() - (sentAt.get(signal) ?? 0) < repeatedWithinMs) return;
      sentAt.set(signal, Date.now());
      child.kill(signal);
    });
  }

  // npm that is killed -9 says nothing to us. (Without npm a parent may leave on purpose: `tera up &` in a shell that is then closed.)
  if (process.env["npm_lifecycle_event"] !== undefined) {
    const ancestors = readAncestors();
    setInterval(() => {
      if (readAncestors() !== ancestors && child.connected) child.disconnect();
    }, ancestorsCheckMs).unref();
  }

  child.once("error", (error) => {
    process.stderr.write(`tera: ${script} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
}

/** Our parent, and where the system tells it, its parent: npm starts us through a shell, which outlives it. */
function readAncestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    // pid (name) state ppid: the name may hold anything, brackets and spaces too.
    const [, grandparent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${process.ppid} ${grandparent}`;
  } catch {
    return String(process.ppid);
  }
}

/** The Node that the workspace brings; otherwise the one that runs us, if it can run TypeScript. */
function findNode(root) {
  const own = join(root, "node_modules", "node", "bin", "node");
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  process.stderr.write(
    "tera: the workspace's Node is missing: run `npm start` or `npm test` once, which installs it.\n",
  );
  process.exit(1);
}
