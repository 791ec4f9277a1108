/**
 * Runs a fake runner as a process: `node main.ts --port 8000 --models my/model --ttft-ms 50 --ms-per-token 10`.
 *
 * Every setting is a flag; `--settings` takes them together as JSON. A parent with an IPC channel is told `{type: "ready", url}`, and the
 * process ends when that channel does, or on SIGTERM.
 */
import { parseArgs } from "node:util";
import { startFakeRunner } from "./server.ts";
import { changeSettings, defaultSettings } from "./settings.ts";

const settingNames = Object.keys(defaultSettings);
const flagOf = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const { values } = parseArgs({
  options: {
    host: { type: "string" as const, default: "127.0.0.1" },
    port: { type: "string" as const, default: "0" },
    settings: { type: "string" as const, default: "{}" },
    ...Object.fromEntries(settingNames.map((name) => [flagOf(name), { type: "string" as const }])),
  },
});

function flagValue(name: string): unknown {
  const text: unknown = Object.entries(values).find(([flag]) => flag === flagOf(name))?.[1];
  if (typeof text !== "string") return undefined;
  if (name === "models") return text.split(",");
  if (name === "faults") return JSON.parse(text);
  return text === "null" ? null : text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}

const flags = Object.fromEntries(
  settingNames.map((name) => [name, flagValue(name)]).filter(([, value]) => value !== undefined),
);
const fromJson: unknown = JSON.parse(values.settings);
const settings = changeSettings(defaultSettings, { ...(typeof fromJson === "object" ? fromJson : {}), ...flags });

const runner = await startFakeRunner({
  ...settings,
  host: values.host,
  port: Number(values.port),
  exit: () => process.kill(process.pid, "SIGKILL"),
});

async function end(): Promise<void> {
  await runner.close();
  process.exit(0);
}
process.once("SIGTERM", () => void end());
process.once("SIGINT", () => void end());

if (process.send === undefined) {
  console.log(`fake runner on ${runner.url}`);
} else {
  process.once("disconnect", () => void end());
  process.send({ type: "ready", url: runner.url });
}
