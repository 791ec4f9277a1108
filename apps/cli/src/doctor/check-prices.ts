/** Prices: which models that workers serve have none, and what gateways do with them. */
import { findServings, type WorkerState } from "@tera/protocol";
import type { FoundStack } from "../stack/find-stack.ts";
import { withDatabase } from "../stack/open-stack.ts";
import { CliError } from "../terminal/cli-error.ts";
import type { Finding } from "./finding.ts";

const check = "prices";
const pricesMax = 100_000;
const namedMax = 10;

/** @param workers those that are connected; undefined when nobody could be asked. */
export async function checkPrices(stack: FoundStack, workers: readonly WorkerState[] | undefined): Promise<Finding[]> {
  if (stack.databaseUrl === undefined || workers === undefined) {
    return [{ check, status: "skipped", found: "Postgres or the workers cannot be asked." }];
  }
  const served = [...findServings(workers).keys()].sort();
  if (served.length === 0) return [{ check, status: "skipped", found: "No model is served." }];
  let unpriced: string[];
  try {
    unpriced = await findUnpriced(stack, served);
  } catch (error) {
    // Why Postgres cannot be asked is another check's finding.
    if (error instanceof CliError) return [{ check, status: "skipped", found: "The price book cannot be read." }];
    throw error;
  }
  if (unpriced.length === 0) return [{ check, status: "ok", found: "Every model that is served has a price." }];
  const names =
    unpriced.length > namedMax ? [...unpriced.slice(0, namedMax), `${unpriced.length - namedMax} more`] : unpriced;
  return [
    {
      check,
      status: "warning",
      found: `Without a price: ${names.join(", ")}. ${whatHappens(stack)}`,
      fix: `Set one: tera prices set ${unpriced[0]} --input 0.15 --output 0.60, or --free to serve it for nothing.`,
    },
  ];
}

async function findUnpriced(stack: FoundStack, served: readonly string[]): Promise<string[]> {
  const { createPriceBook, createPriceStore } = await import("@tera/metering");
  return withDatabase(stack, async (db) => {
    const book = createPriceBook(await createPriceStore({ db }).listPrices({ limit: pricesMax }));
    const now = Date.now();
    return served.filter((model) => book.at(model, now) === undefined);
  });
}

/** `tera up` starts its gateway so; what other gateways were started with cannot be seen from here. */
function whatHappens({ running }: FoundStack): string {
  return running === undefined
    ? "Gateways refuse them (503) and do not list them, unless TERA_GATEWAY_UNPRICED=free: then they cost nothing."
    : "This stack serves them for nothing (TERA_GATEWAY_UNPRICED=free).";
}
