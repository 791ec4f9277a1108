/** Brings faults to requests: picks the one that is due, lets it strike, and keeps count. */
import { badRequest } from "../engine-error.ts";
import type { Reply } from "../reply.ts";
import type { LoggedRequest } from "../request-log.ts";
import { strikeEarly } from "./early-fault.ts";
import type { Fault } from "./fault.ts";
import { createFaultPlan } from "./fault-plan.ts";
import { createFaultyReply } from "./faulty-reply.ts";

export interface FaultInjector {
  /** The faults from now on. @throws {EngineError} for one that cannot strike here. */
  load(faults: readonly Fault[] | null): void;
  /**
   * To be called once per request, before it is handled.
   *
   * @param logged undefined for what is not generated: pages.
   * @returns the reply to handle it with; undefined when the fault has answered, or never will.
   */
  face(request: FacedRequest, reply: Reply, logged?: LoggedRequest): Reply | undefined;
  /** Strikes by kind. */
  readonly strikes: Readonly<Record<string, number>>;
  clear(): void;
}

export interface FacedRequest {
  method: string;
  path: string;
  /** Empty for a page. */
  body: string;
}

/** @param exit kills the process; undefined: this fake runner shares its process with others. */
export function createFaultInjector(exit: (() => void) | undefined): FaultInjector {
  const plan = createFaultPlan();
  return {
    load(faults) {
      if (exit === undefined && faults?.some(({ kind }) => kind === "exit"))
        throw badRequest("this fake runner is no process of its own and cannot exit", "faults");
      plan.load(faults);
    },
    face({ method, path, body }, reply, logged) {
      const fault = plan.take(method, path, body);
      if (fault === undefined) return reply;
      function onStrike(): void {
        if (fault === undefined) return;
        plan.struck(fault);
        if (logged !== undefined) logged.fault = fault.kind;
      }
      if (strikeEarly(fault, reply)) {
        onStrike();
        return undefined;
      }
      const tokens = () => logged?.generatedTokens ?? Number.POSITIVE_INFINITY;
      const active = () => plan.includes(fault);
      return createFaultyReply(reply, { fault, active, tokens, onStrike, exit: () => exit?.() });
    },
    get strikes() {
      return plan.strikes;
    },
    clear: () => plan.clear(),
  };
}
