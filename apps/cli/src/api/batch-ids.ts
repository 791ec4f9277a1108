/** Ids of batches for a shell to complete, newest first. */
import type { KnownId } from "@tera/database/known-ids";
import { batchPageSchema } from "./batch-schema.ts";
import type { PublicApiAddress } from "./find-public-api.ts";
import { createPublicApi } from "./public-api.ts";

const idsMax = 100;

export async function findBatchIds(address: PublicApiAddress, prefix: string, timeoutMs: number): Promise<KnownId[]> {
  const { data } = await createPublicApi(address).ask(batchPageSchema, `/batches?limit=${idsMax}`, { timeoutMs });
  return data.filter(({ id }) => id.startsWith(prefix)).map(({ id, status }) => ({ id, name: status }));
}
