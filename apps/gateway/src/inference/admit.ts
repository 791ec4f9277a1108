/**
 * Admission: may this key ask this model for this, now? The answer is an `Admission` or an error. Each admission ends in exactly one `release`.
 *
 * Order: model known, key scoped to it, replica ready, able to do what is asked, room in the queue, then the money. Only a lease that has run low leaves the process.
 */
import type { Principal } from "@tera/access";
import { type Billing, type GenerationRequest, TeraError, type UsageRecord } from "@tera/protocol";
import type { Bill, Biller } from "../billing/biller.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { requireCapabilities } from "../catalog/require-capabilities.ts";
import type { Roster } from "./roster.ts";

export interface Admission {
  principal: Principal;
  request: GenerationRequest;
  billing: Billing;
  /** Epoch milliseconds. */
  admittedAtMs: number;
  /** Exactly once, when the request has ended, however it ended. */
  release(record: UsageRecord): void;
}

export interface Admitter {
  /** @throws {TeraError} */
  admit(principal: Principal, request: GenerationRequest): Admission | Promise<Admission>;
  /** From now on every request is refused with `draining`. */
  drain(): void;
  /** Requests admitted and not yet released. */
  readonly open: number;
}

export interface AdmitterOptions {
  roster: Pick<Roster, "empty">;
  catalog: Pick<Catalog, "find">;
  biller: Biller;
  /** False while Redis is away. */
  queueConnected(): boolean;
  /** Open requests, over all models. */
  openMax: number;
}

export function createAdmitter({ roster, catalog, biller, queueConnected, openMax }: AdmitterOptions): Admitter {
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
    if (entry === undefined && !roster.empty) {
      throw new TeraError(
        "model_not_found",
        `The model \`${model}\` does not exist or you do not have access to it. GET /v1/models lists what is offered.`,
        { param: "model" },
      );
    }
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

  function toAdmission(principal: Principal, bill: Bill, admittedAtMs: number): Admission {
    let released = false;
    return {
      principal,
      request: bill.request,
      billing: bill.billing,
      admittedAtMs,
      release(record) {
        if (released) throw new Error("an admission was released twice");
        released = true;
        open--;
        bill.close(record);
      },
    };
  }

  return {
    admit(principal, request) {
      check(principal, request);
      const admittedAtMs = Date.now();
      const bill = biller.open(principal, request, admittedAtMs);
      open++;
      if (!(bill instanceof Promise)) return toAdmission(principal, bill, admittedAtMs);
      return bill.then(
        (opened) => toAdmission(principal, opened, admittedAtMs),
        (error: unknown) => {
          open--;
          throw error;
        },
      );
    },
    drain() {
      draining = true;
    },
    get open() {
      return open;
    },
  };
}
