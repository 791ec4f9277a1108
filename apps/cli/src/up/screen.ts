/** The one screen that `tera up` prints when it is ready, and the JSON line that stands for it. */
import pc from "picocolors";
import { wrapText } from "../terminal/wrap-text.ts";
import type { FirstModel } from "./first-answer.ts";
import type { WorkerPlan } from "./plan-worker.ts";

/** Columns, without the indentation. */
const lineWidth = 78;

export interface Dashboard {
  /** `http://localhost:8788` */
  url: string;
  /** Lets the first owner in, once; null: there are members already. */
  signInLink: string | null;
}

export interface Ready {
  /** `http://127.0.0.1:8787/v1` */
  api: string;
  apiKey: string;
  /** null: started without one. */
  dashboard: Dashboard | null;
  /** null: started without a runner. */
  model: FirstModel | null;
  accountId: string;
  pids: Readonly<Record<string, number>>;
  readyMs: number;
  dataDirectory: string;
  redisUrl: string;
  plan: WorkerPlan;
}

export function renderJsonLine({ api, apiKey, dashboard, model, accountId, pids, readyMs, plan }: Ready): string {
  const attached = plan.engines.map(({ engine, url, models }) => ({ engine, url, models: models.map(({ id }) => id) }));
  const words = { ready: true, api, apiKey, dashboard, model: model?.id ?? null, accountId, pids, readyMs, attached };
  return JSON.stringify(words);
}

export function renderScreen(ready: Ready): string {
  const rows: [string, string][] = [
    ["API", pc.cyan(ready.api)],
    ["Key", pc.cyan(ready.apiKey)],
    ["Model", ready.model ? describeModel(ready.model) : "none yet"],
    ...ready.plan.engines.map(({ title, port }): [string, string] => ["Engine", `${title} on port ${port}`]),
    ...(ready.dashboard === null ? [] : [["Dashboard", pc.cyan(ready.dashboard.url)] satisfies [string, string]]),
    ["Data", `${ready.dataDirectory} (logs in logs/)`],
  ];
  return [
    "",
    `  ${pc.green("●")} ${pc.bold("Tera is ready")} ${pc.dim(`(${(ready.readyMs / 1_000).toFixed(1)} s)`)}`,
    "",
    ...rows.map(([name, value]) => `  ${pc.bold(name.padEnd(9))} ${value}`),
    "",
    ...renderSignIn(ready),
    ...(ready.model ? renderTry(ready, ready.model) : renderAttach(ready)),
    "",
    ...renderSearch(ready.plan),
    pc.dim("  Ctrl-C stops everything; the data stays."),
    "",
    "",
  ].join("\n");
}

/** The link is on a line of its own: it is long, and clicked or copied. */
function renderSignIn({ dashboard }: Ready): string[] {
  if (dashboard === null || dashboard.signInLink === null) return [];
  return [
    "  Sign in to the dashboard for the first time with this link; it works once:",
    "",
    pc.cyan(dashboard.signInLink),
    "",
  ];
}

function describeModel({ id, others }: FirstModel): string {
  return others === 0 ? pc.cyan(id) : `${pc.cyan(id)} and ${others} more (npx tera models list)`;
}

/** What the search for engines came to, where that is not in the rows. */
function renderSearch({ discover, engines, others }: WorkerPlan): string[] {
  if (discover === false || engines.length > 0) return [];
  return [
    "  No engine with a model answers on the usual ports of this machine, so this is",
    "  the demo model. Start one (vllm serve, ollama serve, ...): it is attached by",
    "  itself.",
    ...others.map((other) => indent(`Port ${other.port} ${describe(other)}.`)),
    "",
  ];
}

function describe(other: WorkerPlan["others"][number]): string {
  return other.kind === "engine" ? `is ${other.title}, which has no model yet` : other.what;
}

function indent(text: string): string {
  return wrapText(text, lineWidth).replaceAll(/^/gm, "  ");
}

function renderTry({ api, apiKey }: Ready, model: FirstModel): string[] {
  const body = model.speaks
    ? { model: model.id, input: "Hello!" }
    : { model: model.id, messages: [{ role: "user", content: "Hello!" }] };
  const path = model.speaks ? "/audio/speech --output hello.wav" : "/chat/completions";
  // One line and no indentation: what is pasted is what is run.
  return [
    "  Try it:",
    "",
    `curl ${api}${path} -H ${quote(`Authorization: Bearer ${apiKey}`)} -H ${quote("Content-Type: application/json")} -d ${quote(JSON.stringify(body))}`,
  ];
}

function renderAttach({ redisUrl }: Ready): string[] {
  return [
    "  Attach an engine that speaks OpenAI's API: start again with --runner, for example",
    "",
    "npm start -- --runner http://127.0.0.1:8000",
    "",
    "  or leave this running and start a worker beside your engines: it attaches those",
    "  on the usual ports, or the ones that its tera.worker.yaml names:",
    "",
    `REDIS_URL=${quote(redisUrl)} node_modules/.bin/node apps/worker/src/main.ts`,
  ];
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
