import { describeModel, type Principal } from "@tera/access";
import { emptyUsage, TeraError, usageRecordSchema } from "@tera/protocol";
import { newPrincipal } from "@tera/testkit/principal";
import { newServedModel } from "@tera/testkit/worker-state";
import { describe, expect, it, vi } from "vitest";
import type { Biller } from "../billing/biller.ts";
import type { CatalogEntry } from "../catalog/catalog.ts";
import type { Limiter } from "../limits/limiter.ts";
import { createAdmitter } from "./admit.ts";

const model = newServedModel("org/m");
const principal = newPrincipal({ accountKind: "postpaid" });
const request = (id: string) => ({
  kind: "completion" as const,
  model: id,
  prompts: ["x"],
  echo: false,
  n: 1,
  sampling: {},
});

const onLimits = () => undefined;

interface AdmitterChange {
  entry?: CatalogEntry;
  empty?: boolean;
  connected?: boolean;
  openMax?: number;
  bill?: Biller["open"];
  hold?: Limiter["hold"];
}

function admitter(options: AdmitterChange) {
  const { entry, empty = false, connected = true, openMax = 10, bill, hold } = options;
  return createAdmitter({
    roster: { empty },
    catalog: { find: (id) => (id === model.id ? entry : undefined) },
    biller: {
      open:
        bill ??
        ((_principal, request) => ({ billing: { holds: [] }, request, chargeOf: () => 0n, close: () => undefined })),
    },
    limiter: { hold: hold ?? (() => Promise.reject(new Error("nobody has limits here"))) },
    queueConnected: () => connected,
    openMax,
  });
}
const served: CatalogEntry = {
  profile: describeModel(model.id, [model], undefined),
  createdAtS: 1,
  ready: true,
  listed: true,
  replicas: [model],
  settings: undefined,
};

const ended = usageRecordSchema.parse({
  version: 1,
  requestId: "req_1",
  accountId: "a",
  keyId: "k",
  model: model.id,
  endpoint: "completion",
  stream: false,
  status: "succeeded",
  usage: emptyUsage(),
  gatewayId: "g",
  attempts: 1,
  admittedAtMs: 1,
  totalMs: 1,
});

describe("admission", () => {
  it.each([
    ["a model that nobody names", admitter({ entry: served }), "other", principal, "model_not_found"],
    ["any model while no worker is connected", admitter({ empty: true }), "org/m", principal, "no_replica"],
    [
      "a model without a ready replica",
      admitter({ entry: { ...served, ready: false } }),
      "org/m",
      principal,
      "no_replica",
    ],
    [
      "a model outside the key's scope",
      admitter({ entry: served }),
      "org/m",
      { ...principal, modelScope: new Set(["x"]) },
      "model_not_allowed",
    ],
    [
      "everything while Redis is away",
      admitter({ entry: served, connected: false }),
      "org/m",
      principal,
      "queue_unavailable",
    ],
    ["more than may be open", admitter({ entry: served, openMax: 0 }), "org/m", principal, "queue_full"],
  ])("refuses %s", (_name, gate, id, who, code) => {
    expect(() => gate.admit(who, request(id), onLimits)).toThrow(expect.objectContaining({ code }));
  });

  it("refuses what the model cannot do, and only when a replica is there to know it", () => {
    const asked = { ...request("org/m"), sampling: { logprobs: 1 } };
    expect(() => admitter({ entry: served }).admit(principal, asked, onLimits)).toThrow(
      expect.objectContaining({ code: "unsupported_parameter", param: "logprobs" }),
    );
    expect(() => admitter({ entry: { ...served, ready: false } }).admit(principal, asked, onLimits)).toThrow(
      expect.objectContaining({ code: "no_replica" }),
    );
  });

  it("tells when to come back, wherever coming back helps", () => {
    for (const gate of [
      admitter({ empty: true }),
      admitter({ entry: served, connected: false }),
      admitter({ entry: served, openMax: 0 }),
    ]) {
      expect(() => gate.admit(principal, request("org/m"), onLimits)).toThrow(
        expect.objectContaining({ retryAfterS: expect.any(Number) }),
      );
    }
  });

  it("counts what is open, and a release only once", async () => {
    const gate = admitter({ entry: served, openMax: 1 });
    const admission = await gate.admit(principal, request("org/m"), onLimits);
    expect(() => gate.admit(principal, request("org/m"), onLimits)).toThrow(
      expect.objectContaining({ code: "queue_full" }),
    );
    admission.release(ended);
    expect(gate.open).toBe(0);
    expect(() => admission.release(ended)).toThrow("released twice");
  });

  it("closes the bill with what the request came to", async () => {
    const close = vi.fn();
    const bill: Biller["open"] = (_principal, asked) =>
      Promise.resolve({ billing: { holds: [] }, request: asked, chargeOf: () => 0n, close });
    const admission = await admitter({ entry: served, bill }).admit(principal, request("org/m"), onLimits);
    admission.release(ended);
    expect(close).toHaveBeenCalledExactlyOnceWith(ended);
  });

  it("keeps no place for a request whose credit does not suffice", async () => {
    const refusal = new TeraError("insufficient_quota", "no credit");
    const gate = admitter({ entry: served, openMax: 1, bill: () => Promise.reject(refusal) });
    await expect(gate.admit(principal, request("org/m"), onLimits)).rejects.toBe(refusal);
    expect(gate.open).toBe(0);
  });

  it("asks the limits of a key that has some, settles them with what the request came to, and undoes them when its credit does not suffice", async () => {
    const limited: Principal = { ...principal, limits: [{ of: "key", kind: "requests", max: 1 }] };
    const [settle, cancel, told] = [vi.fn(), vi.fn(), vi.fn()];
    const hold: Limiter["hold"] = async (_principal, _request, onState) => {
      onState({});
      return { state: {}, settle, cancel };
    };
    const admission = await admitter({ entry: served, hold }).admit(limited, request("org/m"), told);
    admission.release(ended);
    expect(told).toHaveBeenCalledOnce();
    expect(settle).toHaveBeenCalledExactlyOnceWith(ended);
    expect(cancel).not.toHaveBeenCalled();
    const refusal = new TeraError("insufficient_quota", "no credit");
    const poor = admitter({ entry: served, hold, bill: () => Promise.reject(refusal) });
    await expect(poor.admit(limited, request("org/m"), told)).rejects.toBe(refusal);
    expect(cancel).toHaveBeenCalledOnce();
    expect(poor.open).toBe(0);
  });

  it("makes no promise for a key without limits", () => {
    expect(admitter({ entry: served }).admit(principal, request("org/m"), onLimits)).not.toBeInstanceOf(Promise);
  });

  it("refuses everything once it drains", () => {
    const gate = admitter({ entry: served });
    gate.drain();
    expect(() => gate.admit(principal, request("org/m"), onLimits)).toThrow(
      expect.objectContaining({ code: "draining" }),
    );
  });
});
