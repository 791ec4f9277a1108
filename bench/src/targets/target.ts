/** What is measured: a way from a client to an engine. */
import type { Workbench } from "../workbench.ts";

export const targetNames = ["direct", "tera", "node-proxy", "nginx", "portkey"] as const;
export type TargetName = (typeof targetNames)[number];

/** Something that answers chat requests for one model. */
export interface Engine {
  model: string;
  /** `http://host:port`, as clients and proxies use it. */
  url: string;
  /** The same engine for Tera's worker, which always asks for a stream. */
  workerUrl: string;
  /** Requests that it takes at once. */
  slots: number;
}

/** Where and how a client asks for what an engine generates. */
export interface Endpoint {
  /** `http://127.0.0.1:<port>/v1/chat/completions` */
  url: string;
  headers: Readonly<Record<string, string>>;
  model: string;
}

export interface Target {
  readonly name: TargetName;
  /** One per engine, in the engines' order. */
  readonly endpoints: readonly Endpoint[];
  /** The processes that it consists of, by what they are; their children belong to them. */
  readonly processes: Readonly<Record<string, number>>;
  /** Of what stands between client and engine: for the docs. */
  readonly version: string | undefined;
}

export interface StartTargetOptions {
  workbench: Workbench;
  engines: readonly Engine[];
}

export const chatPath = "/v1/chat/completions";
