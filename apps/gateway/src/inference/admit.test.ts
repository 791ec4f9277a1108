import { describeModel, type Principal } from "@tera/access";
import type { ServedModel } from "@tera/protocol";
import { describe, expect, it } from "vitest";
import type { CatalogEntry } from "../catalog/catalog.ts";
import { createAdmitter } from "./admit.ts";

const model: ServedModel = {
  id: "org/m",
  created: 1,
  ownedBy: "org",
  inputModalities: ["text"],
  outputModalities: ["text"],
  features: [],
  samplingParameters: [],
};
const principal: Principal = { accountId: "a", keyId: "k", modelScope: null, laneClass: "normal" };
const request = (id: string) => ({
  kind: "completion" as const,
  model: id,
  prompts: ["x"],
  echo: false,
  n: 1,
  sampling: {},
});

function admitter(options: { entry?: CatalogEntry; empty?: boolean; connected?: boolean; openMax?: number }) {
  const { entry, empty = false, connected = true, openMax = 10 } = options;
  return createAdmitter({
    roster: { empty },
    catalog: { find: (id) => (id === model.id ? entry : undefined) },
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
    expect(() => gate.admit(who, request(id))).toThrow(expect.objectContaining({ code }));
  });

  it("refuses what the model cannot do, and only when a replica is there to know it", () => {
    const asked = { ...request("org/m"), sampling: { logprobs: 1 } };
    expect(() => admitter({ entry: served }).admit(principal, asked)).toThrow(
      expect.objectContaining({ code: "unsupported_parameter", param: "logprobs" }),
    );
    expect(() => admitter({ entry: { ...served, ready: false } }).admit(principal, asked)).toThrow(
      expect.objectContaining({ code: "no_replica" }),
    );
  });

  it("tells when to come back, wherever coming back helps", () => {
    for (const gate of [
      admitter({ empty: true }),
      admitter({ entry: served, connected: false }),
      admitter({ entry: served, openMax: 0 }),
    ]) {
      expect(() => gate.admit(principal, request("org/m"))).toThrow(
        expect.objectContaining({ retryAfterS: expect.any(Number) }),
      );
    }
  });

  it("counts what is open, and a release only once", () => {
    const gate = admitter({ entry: served, openMax: 1 });
    const admission = gate.admit(principal, request("org/m"));
    expect(() => gate.admit(principal, request("org/m"))).toThrow(expect.objectContaining({ code: "queue_full" }));
    admission.release();
    expect(gate.open).toBe(0);
    expect(() => admission.release()).toThrow("released twice");
  });

  it("refuses everything once it drains", () => {
    const gate = admitter({ entry: served });
    gate.drain();
    expect(() => gate.admit(principal, request("org/m"))).toThrow(expect.objectContaining({ code: "draining" }));
  });
});
