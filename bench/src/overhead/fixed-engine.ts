/**
 * The engine of `bench overhead`: answers every chat request at once with a fixed text. It does not read the body, so there are two ports: one answers
 * as a client is answered that asks for a whole body, the other as one that asks for a stream, which Tera's worker always does. Each target gets the
 * answer that it asks for.
 *
 * nginx, because it is far quicker than whatever is measured; a Node server (fixed-engine-main.ts) where there is none.
 */
import { fileURLToPath } from "node:url";
import { findFreePort } from "@tera/embedded";
import { startStackProcess } from "@tera/testkit";
import { z } from "zod";
import { startNginx } from "../nginx.ts";
import { ensureProgram } from "../programs/ensure-program.ts";
import { chatPath, type Engine } from "../targets/target.ts";
import type { Workbench } from "../workbench.ts";
import { fixedModel, modelsAnswer, streamedAnswer, versionAnswer, wholeAnswer } from "./fixed-answers.ts";

export interface FixedEngine extends Engine {
  /** What it is, for the report. */
  program: string;
}

const nodeProgram = fileURLToPath(new URL("./fixed-engine-main.ts", import.meta.url));
const readySchema = z.object({ wholePort: z.number(), streamPort: z.number() });
/** Far more than any number of clients that is measured. */
const slots = 1_024;

/** @param onlyNode no nginx, although there may be one. */
export async function startFixedEngine(workbench: Workbench, onlyNode: boolean): Promise<FixedEngine> {
  if (onlyNode) return startNodeEngine(workbench);
  const nginx = await ensureProgram("nginx", workbench.say);
  if ("missing" in nginx) {
    workbench.say(`the engine is a Node server, and may be the bottleneck: ${nginx.missing}`);
    return startNodeEngine(workbench);
  }
  const [wholePort, streamPort] = [await findFreePort(), await findFreePort()];
  await startNginx(workbench, {
    path: nginx.path,
    name: "fixed-engine",
    servers:
      server(wholePort, "application/json", wholeAnswer) + server(streamPort, "text/event-stream", streamedAnswer),
    ports: [wholePort, streamPort],
  });
  return describe(`nginx ${nginx.version}`, wholePort, streamPort);
}

async function startNodeEngine(workbench: Workbench): Promise<FixedEngine> {
  const engine = await startStackProcess({ name: "fixed-engine", program: nodeProgram, environment: {} });
  workbench.defer(() => engine.stop());
  const { wholePort, streamPort } = readySchema.parse(engine.ready);
  return describe(`Node ${process.versions.node}`, wholePort, streamPort);
}

function describe(program: string, wholePort: number, streamPort: number): FixedEngine {
  return {
    program,
    model: fixedModel,
    url: `http://127.0.0.1:${wholePort}`,
    workerUrl: `http://127.0.0.1:${streamPort}`,
    slots,
  };
}

function server(port: number, contentType: string, answer: string): string {
  const location = (path: string, type: string, body: string) => {
    const pieces = body.match(pieceOfText) ?? [""];
    return `
    location = ${path} {
      default_type ${type};
      ${pieces.map((piece, index) => `set $piece${index} ${quote(piece)};`).join("\n      ")}
      return 200 "${pieces.map((_, index) => `$piece${index}`).join("")}";
    }`;
  };
  return `
  server {
    listen 127.0.0.1:${port} backlog=4096;
    add_header cache-control no-store;
    ${location("/v1/models", "application/json", modelsAnswer)}
    ${location("/version", "application/json", versionAnswer)}
    ${location("/health", "text/plain", "")}
    ${location(chatPath, contentType, answer)}
    location / { return 404; }
  }`;
}

/** nginx reads no word that is longer than its 4 KiB buffer, with the escapes. */
const pieceOfText = /[\s\S]{1,1500}/g;

/** A word of nginx's configuration: escapes are understood inside of quotes. None of our texts holds a `$`, which nothing escapes. */
function quote(text: string): string {
  if (text.includes("$")) throw new Error("nginx would take this for a variable");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
