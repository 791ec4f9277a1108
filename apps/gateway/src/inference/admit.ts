/**
 * Admission: may this key ask this model for this, now? The answer is an `Admission` or an error. Each admission ends in exactly one `release`.
 *
 * Order: model known, key scoped to it, replica ready, able to do what is asked, room in the queue. Nothing here leaves the process.
 */
import type { Principal } from "@tera/access";
import { type GenerationRequest, TeraError } from "@tera/protocol";
import type { Catalog } from "../catalog/catalog.ts";
import { requireCapabilities } from "../catalog/require-capabilities.ts";
import type { Roster } from "./roster.ts";

export interface Admission {
  principal: Principal;
  request: GenerationRequest;
  /** Epoch milliseconds. */
  admittedAtMs: number;
  /** Exactly once, when the request has ended, however it ended. */
  release(): void;
}

export interface Admitter {
  /** @throws {TeraError} */
  admit(principal: Principal, request: GenerationRequest): Admission;
  /** From now on every request is refused with `draining`. */
  drain(): void;
  /** Requests admitted and not yet released. */
  readonly open: number;
}

export interface AdmitterOptions {
  roster: Pick<Roster, "empty">;
  catalog: Pick<Catalog, "find">;
  /** False while Redis is away. */
  queueConnected(): boolean;
  /** Open requests, over all models. */
  openMax: number;
}

export function createAdmitter({ roster, catalog, queueConnected, openMax }: AdmitterOptions): Admitter {
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

  return {
    admit(principal, request) {
      check(principal, request);
      open++;
      let released = false;
      return {
        principal,
        request,
        admittedAtMs: Date.now(),
        release() {
          if (released) throw new Error("an admission was released twice");
          released = true;
          open--;
        },
      };
    },
    drain() {
      draining = true;
    },
    get open() {
      return open;
    },
  };
}
