/**
 * What limits add to an admission: the gateway's own admitter, limiter and biller on a real Redis, asked for a key with every limit that there is and for one with none, in turns.
 *
 * The model is free, so that the difference is the limits' alone. One request after the other: what is measured is the round trip, not the queue for it.
 */
import { describeModel, type Principal } from "@tera/access";
import { createAdmitter } from "@tera/gateway/admit";
import { createBiller } from "@tera/gateway/biller";
import { createLimiter } from "@tera/gateway/limiter";
import { emptyUsage, type GenerationRequest, type ServedModel, type UsageRecord } from "@tera/protocol";
import { createLimitStore, openRedis } from "@tera/queue";
import { percentile } from "../statistics.ts";

export interface AdmissionTiming {
  noneP50Ms: number;
  limitedP50Ms: number;
}

const silent = { info: () => undefined, warn: () => undefined };
const model: ServedModel = {
  id: "bench/model",
  created: 1,
  ownedBy: "bench",
  inputModalities: ["text"],
  outputModalities: ["text"],
  features: [],
  samplingParameters: [],
};
const request: GenerationRequest = {
  kind: "completion",
  model: model.id,
  prompts: ["a prompt of some words"],
  echo: false,
  n: 1,
  sampling: { maxTokens: 16 },
};
const plenty = 1_000_000_000;
const kinds = ["requests", "tokens", "concurrency"] as const;

function principal(keyId: string, limited: boolean): Principal {
  return {
    accountId: "acct_bench",
    keyId,
    firstKeyId: keyId,
    modelScope: null,
    laneClass: "normal",
    accountKind: "prepaid",
    budgets: { dayNano: null, monthNano: null, totalNano: null },
    limits: limited
      ? (["key", "account"] as const).flatMap((of) => kinds.map((kind) => ({ of, kind, max: plenty })))
      : [],
    addresses: null,
    contentLogging: false,
  };
}

/** @param admissions of each kind in one turn. @returns of the turn in which the difference was least: on a busy machine that is the one that waited least for a core. */
export async function measureAdmission(
  redisUrl: string,
  { turns, admissions }: { turns: number; admissions: number },
): Promise<AdmissionTiming> {
  const redis = await openRedis(redisUrl, { name: "tera-bench", log: silent });
  const limiter = createLimiter({
    store: createLimitStore({ redis }),
    connected: () => true,
    onRefused: () => undefined,
    log: silent,
  });
  const admitter = createAdmitter({
    roster: { empty: false },
    catalog: {
      find: () => ({
        profile: describeModel(model.id, [model], undefined),
        createdAtS: 1,
        ready: true,
        listed: true,
        replicas: [model],
        settings: undefined,
      }),
    },
    biller: createBiller({
      priceList: { at: () => undefined },
      desk: { hold: () => ({ refused: true, availableNano: 0n }) },
      creditStore: { ensureKeyPurse: async () => undefined },
      unpricedIsFree: true,
      outputTokensMax: () => undefined,
    }),
    limiter,
    queueConnected: () => true,
    openMax: 1_000,
  });

  async function admit(who: Principal): Promise<number> {
    const tookMs: number[] = [];
    for (let count = 0; count < admissions; count++) {
      const startedAt = performance.now();
      const admission = await admitter.admit(who, request, () => undefined);
      tookMs.push(performance.now() - startedAt);
      admission.release(endOf(who));
    }
    return percentile(tookMs, 0.5);
  }

  try {
    const timings: AdmissionTiming[] = [];
    // The first turn warms up.
    for (let turn = 0; turn <= turns; turn++) {
      const noneP50Ms = await admit(principal("key_none", false));
      const limitedP50Ms = await admit(principal("key_limited", true));
      if (turn > 0) timings.push({ noneP50Ms, limitedP50Ms });
    }
    const added = ({ noneP50Ms, limitedP50Ms }: AdmissionTiming) => limitedP50Ms - noneP50Ms;
    const [best] = timings.toSorted((a, b) => added(a) - added(b));
    if (best === undefined) throw new Error("at least one turn");
    return best;
  } finally {
    limiter.stop();
    redis.disconnect();
  }
}

function endOf({ accountId, keyId }: Principal): UsageRecord {
  return {
    version: 1,
    requestId: "req_bench",
    accountId,
    keyId,
    model: model.id,
    endpoint: "completion",
    stream: false,
    status: "succeeded",
    usage: { ...emptyUsage(), promptTokens: 5, completionTokens: 16 },
    gatewayId: "gw-bench",
    attempts: 1,
    failedAttempts: [],
    admittedAtMs: Date.now(),
    totalMs: 1,
  };
}
