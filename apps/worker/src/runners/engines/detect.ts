/** Finds out which engine answers at an address, from the pages that only it has. */
import { Agent } from "undici";
import { createEngineClient, type EngineClient, type EnginePage, toEngineAddress } from "./engine-client.ts";
import type { EngineName } from "./engine-names.ts";
import type { EngineProfile } from "./engine-profile.ts";
import { engineProfiles } from "./engine-profiles.ts";
import { isOwnNetwork } from "./own-network.ts";

const connectTimeoutMs = 1_500;
const pageTimeoutMs = 2_000;

export interface DetectedEngine {
  profile: EngineProfile;
  /** As the engine tells it. */
  version?: string | undefined;
}

export interface DetectOptions {
  /** With or without `/v1`. */
  baseUrl: string;
  apiKey?: string | undefined;
  signal: AbortSignal;
  /** The operator's word: nothing is guessed, only the version is asked for. */
  engine?: EngineName | undefined;
}

/**
 * About ten GETs at once, over within two seconds.
 *
 * @returns undefined when nothing answers there, or nothing that speaks OpenAI's API: a web server that says 200 to everything is no engine.
 */
export async function detectEngine(options: DetectOptions): Promise<DetectedEngine | undefined> {
  const { baseUrl, apiKey, signal, engine } = options;
  const dispatcher = new Agent({ connect: { timeout: connectTimeoutMs } });
  try {
    const client = createEngineClient({
      address: toEngineAddress(baseUrl),
      apiKey,
      dispatcher,
      signal,
      timeoutMs: pageTimeoutMs,
    });
    if (engine !== undefined) {
      const profile = profileOf(engine);
      const page = await readPages(client, profile.pages);
      return { profile, ...profile.recognise(page) };
    }
    const page = await readPages(client, new Set(engineProfiles.flatMap(({ pages }) => pages)));
    for (const profile of engineProfiles) {
      const recognition = profile.recognise(page);
      if (recognition === undefined) continue;
      // Nothing tells a service that is paid by use from a proxy of one's own, but where it is and that it wants a key.
      const isHosted = profile.name === "openai" && apiKey !== undefined && !isOwnNetwork(baseUrl);
      return { profile: isHosted ? profileOf("hosted") : profile, ...recognition };
    }
    return undefined;
  } finally {
    await dispatcher.destroy();
  }
}

export function profileOf(engine: EngineName): EngineProfile {
  const profile = engineProfiles.find(({ name }) => name === engine);
  if (profile === undefined) throw new TypeError(`no profile is called ${engine}`);
  return profile;
}

async function readPages(
  client: EngineClient,
  paths: Iterable<string>,
): Promise<(path: string) => EnginePage | undefined> {
  const pages = new Map<string, EnginePage>();
  await Promise.all(
    ["/v1/models", ...paths].map(async (path) => {
      // A page that does not answer says as much as one that is not there.
      const page = await client.ask(path).catch(() => undefined);
      if (page !== undefined) pages.set(path, page);
    }),
  );
  return (path) => pages.get(path);
}
