/**
 * Admission: may this key ask this model for this, now? The answer is an `Admission` or an error. Each admission ends in exactly one `release`.
 *
 * Order: model known, key scoped to it, replica ready, able to do what is asked, room in the queue, then the limits of key and account, then the money. Only limits, and a lease
 * that has run low, leave the process.
 */
import type { Principal } from "@tera/access";
import { type Billing, type GenerationRequest, type JobLane, TeraError, type UsageRecord } from "@tera/protocol";
import type { Bill, Biller } from "../billing/biller.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { modelNotFound } from "../catalog/model-not-found.ts";
import { requireCapabilities } from "../catalog/require-capabilities.ts";
import type { LimitState } from "../limits/limit-state.ts";
import type { Limiter, LimitHold } from "../limits/limiter.ts";
import type { Roster } from "./roster.ts";

export interface Admission {
  principal: Principal;
  lane: JobLane;
  request: GenerationRequest;
  billing: Billing;
  /** Epoch milliseconds. */
  admittedAtMs: number;
  /** Exactly once, when the request has ended, however it ended. */
  release(record: UsageRecord): void;
}

export interface Admitter {
  /**
   * A key without limits whose credit is at hand is admitted without a promise.
   * @param onLimits told how far a key with limits is, also when the request is refused.
   * @throws {TeraError} A promise rejects with the same.
   */
  admit(
    principal: Principal,
    request: GenerationRequest,
    onLimits: (state: LimitState) => void,
  ): Admission | Promise<Admission>;
  /** From now on every request is refused with `draining`. */
  drain(): void;
  /** Requests admitted and not yet released. */
  readonly open: number;
}

export interface AdmitterOptions {
  roster: Pick<Roster, "empty">;
  catalog: Pick<Catalog, "find">;
  biller: Biller;
  limiter: Pick<Limiter, "hold">;
  /** False while Redis is away. */
  queueConnected(): boolean;
  /** Open requests, over all models. */
  openMax: number;
}

export function createAdmitter(options: AdmitterOptions): Admitter {
  const { roster, catalog, biller, limiter, queueConnected, openMax } = options;
  let open = 0;
  let draining = false;

  function check(principal: Principal, request: GenerationRequest): void {
    const { model } = request;
    if (draining) throw new TeraError("draining", "The service is restarting. Try again.", { retryAfterS: 1 });
    if (!queueConnected())
      throw new TeraError("queue_unavailable", "The service cannot take requests right now. Try again shortly.", {
        retryAfterS: 2,
      });
    const entry = catalog.find(model);
    if (entry === undefined && !roster.empty) throw modelNotFound(model);
    if (principal.modelScope !== null && !principal.modelScope.has(model)) {
      throw new TeraError("model_not_allowed", `This API key may not use the model \`${model}\`.`, { param: "model" });
    }
    if (entry === undefined || !entry.ready) {
      throw new TeraError("no_replica", `No replica of \`${model}\` is ready right now. Try again shortly.`, {
        retryAfterS: 5,
      });
    }
    requireCapabilities(entry, request);
    if (open >= openMax)
      throw new TeraError("queue_full", "Too many requests are waiting. Try again shortly.", { retryAfterS: 1 });
  }

  function toAdmission(principal: Principal, bill: Bill, held: LimitHold | undefined, admittedAtMs: number): Admission {
    let released = false;
    return {
      principal,
      lane: principal.laneClass,
      request: bill.request,
      billing: bill.billing,
      admittedAtMs,
      release(record) {
        if (released) throw new Error("an admission was released twice");
        released = true;
        open--;
        bill.close(record);
        held?.settle(record);
      },
    };
  }

  async function admitWithinLimits(
    principal: Principal,
    request: GenerationRequest,
    admittedAtMs: number,
    onLimits: (state: LimitState) => void,
  ): Promise<Admission> {
    const held = await limiter.hold(principal, request, onLimits);
    try {
      return toAdmission(principal, await biller.open(principal, request, admittedAtMs), held, admittedAtMs);
    } catch (error) {
      held.cancel();
      throw error;
    }
  }

  function admitAnyNumber(
    principal: Principal,
    request: GenerationRequest,
    admittedAtMs: number,
  ): Admission | Promise<Admission> {
    const bill = biller.open(principal, request, admittedAtMs);
    if (!(bill instanceof Promise)) return toAdmission(principal, bill, undefined, admittedAtMs);
    return bill.then((opened) => toAdmission(principal, opened, undefined, admittedAtMs));
  }

  return {
    admit(principal, request, onLimits) {
      check(principal, request);
      const admittedAtMs = Date.now();
      const admission =
        principal.limits.length === 0
          ? admitAnyNumber(principal, request, admittedAtMs)
          : admitWithinLimits(principal, request, admittedAtMs, onLimits);
      open++;
      if (!(admission instanceof Promise)) return admission;
      return admission.catch((error: unknown) => {
        open--;
        throw error;
      });
    },
    drain() {
      draining = true;
    },
    get open() {
      return open;
    },
  };
}
