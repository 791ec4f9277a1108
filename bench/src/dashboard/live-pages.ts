/** Whether the gateway notices that people look at live pages: what it adds to a request, with and without them, in turns within the same run. */
import { get, type IncomingMessage } from "node:http";
import { checkAnswer } from "../overhead/chat-request.ts";
import type { LoadClient } from "../overhead/load.ts";
import { median } from "../statistics.ts";
import type { Endpoint } from "../targets/target.ts";
import type { Visitor } from "./visitors.ts";

export interface LivePagesOptions {
  client: LoadClient;
  /** The engine itself, and the same through the gateway. */
  direct: Endpoint;
  gateway: Endpoint;
  visitor: Visitor;
  pages: number;
  rounds: number;
  /** Of one measurement. */
  seconds: number;
}

export interface LivePagesTiming {
  addedMs: number;
  addedWithoutMs: number;
}

/** @returns medians over the rounds. @throws when a request fails */
export async function measureLivePages(options: LivePagesOptions): Promise<LivePagesTiming> {
  const { client, direct, gateway, visitor, pages, rounds, seconds } = options;
  await checkAnswer(gateway);

  async function p50Of(endpoint: Endpoint): Promise<number> {
    const { p50Ms, errors } = await client.run({ endpoint, clients: 1, seconds });
    if (errors > 0) throw new Error(`${endpoint.url}: ${errors} requests failed`);
    return p50Ms;
  }
  async function withPages(): Promise<number> {
    const open = await Promise.all(Array.from({ length: pages }, () => openLivePage(visitor)));
    try {
      return await p50Of(gateway);
    } finally {
      for (const page of open) page.destroy();
    }
  }

  const addedMs: number[] = [];
  const addedWithoutMs: number[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const directMs = await p50Of(direct);
    // In turns, so that neither always comes after the other.
    const [one, other] =
      round % 2 === 0 ? [await p50Of(gateway), await withPages()] : [await withPages(), await p50Of(gateway)];
    const [withoutMs, withMs] = round % 2 === 0 ? [one, other] : [other, one];
    if (round === 0) continue;
    addedMs.push(withMs - directMs);
    addedWithoutMs.push(withoutMs - directMs);
  }
  return { addedMs: median(addedMs), addedWithoutMs: median(addedWithoutMs) };
}

/** Resolves when the first figures are there; reads on until it is destroyed. */
function openLivePage({ url, cookie }: Visitor): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/admin/api/live`, { agent: false, headers: { cookie } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`the live page answered ${response.statusCode}`));
      response.once("data", () => resolve(response));
      response.on("data", () => undefined);
      // It is given up by us.
      response.on("error", () => undefined);
    });
    request.on("error", reject);
  });
}
