// Runs a program without showing what it prints; keeps its last lines for the case that it fails.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const lastLinesMax = 15;
const silenceMs = 10_000;

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, onSilence?: (seconds: number, line: string) => void }} options
 *   onSilence is called every ten seconds while it runs, with the seconds so far and the last line
 * @returns {Promise<{ code: number | null, lastLines: string[], error?: NodeJS.ErrnoException }>} never rejects
 */
export function runQuietly(program, args, { cwd, env, onSilence }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const lastLines = [];
    const startedAt = Date.now();
    const timer = onSilence
      ? setInterval(() => onSilence(Math.round((Date.now() - startedAt) / 1000), lastLines.at(-1) ?? ""), silenceMs)
      : undefined;
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on("line", (line) => {
        if (line.trim() === "") return;
        lastLines.push(line.trim());
        if (lastLines.length > lastLinesMax) lastLines.shift();
      });
    }
    child.once("error", (error) => {
      clearInterval(timer);
      resolve({ code: null, lastLines, error });
    });
    child.once("close", (code) => {
      clearInterval(timer);
      resolve({ code, lastLines });
    });
  });
}
