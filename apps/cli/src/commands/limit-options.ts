/** Limits per minute and at once, which an account and a key have in the same words. */
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";

/** What takes a limit away. A word and not null: commander makes an empty text of that. */
export const none = "none";

const limit = z.union([z.number(), z.literal(none)]).optional();
export const limitOptions = { requestsPerMinute: limit, tokensPerMinute: limit, concurrency: limit };

export function addLimitOptions(command: Command): Command {
  return command
    .option("--requests-per-minute <n>", "requests that may begin in a minute, or none", limitArgument(1_000_000))
    .option("--tokens-per-minute <n>", "tokens in a minute, prompt and answer, or none", limitArgument(2_000_000_000))
    .option("--concurrency <n>", "requests that may be open at once, or none", limitArgument(100_000));
}

interface GivenLimits {
  requestsPerMinute?: number | typeof none | undefined;
  tokensPerMinute?: number | typeof none | undefined;
  concurrency?: number | typeof none | undefined;
}

/** As accounts and keys have them. */
export function readLimits({ requestsPerMinute, tokensPerMinute, concurrency }: GivenLimits) {
  return {
    requestsPerMinuteMax: orNull(requestsPerMinute),
    tokensPerMinuteMax: orNull(tokensPerMinute),
    concurrencyMax: orNull(concurrency),
  };
}

/** For people. */
export function describeLimits(limits: {
  requestsPerMinuteMax: number | null;
  tokensPerMinuteMax: number | null;
  concurrencyMax: number | null;
}): [string, string][] {
  const orNone = (max: number | null) => (max === null ? "no limit" : String(max));
  return [
    ["Requests/min", orNone(limits.requestsPerMinuteMax)],
    ["Tokens/min", orNone(limits.tokensPerMinuteMax)],
    ["Concurrency", orNone(limits.concurrencyMax)],
  ];
}

/** Null is no limit; what is absent stays as it is. */
export function orNull<Value>(value: Value | typeof none | undefined): Value | null | undefined {
  return value === none ? null : value;
}

function limitArgument(max: number) {
  return (text: string): number | typeof none => {
    if (text === none) return none;
    const wanted = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (wanted < 1 || wanted > max) throw new InvalidArgumentError(`It must be a whole number, 1 to ${max}, or none.`);
    return wanted;
  };
}
