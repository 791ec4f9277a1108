import { describeModel, type Principal, unsetModel } from "@tera/access";
import type { Price } from "@tera/database";
import { newPrincipal } from "@tera/testkit/principal";
import { newServedModel } from "@tera/testkit/worker-state";
import Fastify from "fastify";
import { expect, test } from "vitest";
import type { CatalogEntry } from "../catalog/catalog.ts";
import { registerErrorHandler } from "../plugins/error-handler.ts";
import { registerModelRoutes } from "./models.ts";

const replica = newServedModel("Qwen/Qwen2.5-7B-Instruct", {
  created: 1,
  ownedBy: "vllm",
  contextLength: 32_768,
  features: ["tools", "logprobs"],
  samplingParameters: ["top_p", "temperature"],
});
const settings = { ...unsetModel, name: "Qwen 2.5 7B", maxOutputLength: 8_192, quantization: "fp8" };
const described: CatalogEntry = {
  profile: describeModel(replica.id, [replica], settings),
  createdAtS: 1_700_000_000,
  ready: true,
  listed: true,
  replicas: [replica],
  settings,
};
const hidden: CatalogEntry = { ...described, profile: describeModel("org/hidden", [], undefined), listed: false };

/** $0.15 and $0.60 per million tokens. */
const price: Price = {
  id: "price_1",
  model: replica.id,
  validFrom: new Date(0),
  revision: 1,
  isFree: false,
  inputNano: 150n,
  outputNano: 600n,
  cacheReadNano: 15n,
  requestNano: 1_000_000n,
  characterNano: 0n,
  batchDiscountBasisPoints: 0,
  author: "test",
  reason: null,
  createdAt: new Date(0),
};

interface Served {
  modelScope?: Principal["modelScope"];
  priced?: Price | undefined;
  unpricedIsFree?: boolean;
}

function serve({ modelScope = null, priced, unpricedIsFree = true }: Served = {}) {
  const app = Fastify();
  const principal = newPrincipal({ modelScope });
  app.decorateRequest("principal", null);
  app.addHook("onRequest", async (request) => {
    request.principal = principal;
  });
  registerErrorHandler(app);
  const entries = [described, hidden];
  registerModelRoutes(app, {
    catalog: {
      list: () => entries.filter(({ listed }) => listed),
      find: (id) => entries.find(({ profile }) => profile.id === id),
      resolve: (id) => id,
    },
    priceList: { at: (model) => (model === priced?.model ? priced : undefined) },
    unpricedIsFree,
  });
  return app;
}

test("an entry has every field that clients and routers read", async () => {
  const expected = {
    id: "Qwen/Qwen2.5-7B-Instruct",
    object: "model",
    created: 1_700_000_000,
    owned_by: "vllm",
    hugging_face_id: "Qwen/Qwen2.5-7B-Instruct",
    name: "Qwen 2.5 7B",
    description: "",
    context_length: 32_768,
    max_output_length: 8_192,
    input_modalities: ["text"],
    output_modalities: ["text"],
    quantization: "fp8",
    supported_sampling_parameters: ["temperature", "top_p"],
    supported_features: ["tools", "logprobs"],
  };
  const app = serve();
  expect((await app.inject("/v1/models")).json()).toEqual({ object: "list", data: [expected] });
  for (const id of ["Qwen/Qwen2.5-7B-Instruct", "Qwen%2FQwen2.5-7B-Instruct"]) {
    expect((await app.inject(`/v1/models/${id}`)).json()).toEqual(expected);
  }
});

test("what is not listed, not known or outside the key's scope does not exist, all in the same words", async () => {
  for (const [app, id] of [
    [serve(), "org/hidden"],
    [serve(), "org/unknown"],
    [serve({ modelScope: new Set(["org/other"]) }), replica.id],
  ] as const) {
    const answer = await app.inject(`/v1/models/${id}`);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toMatchObject({ code: "model_not_found", param: "model" });
  }
  expect((await serve({ modelScope: new Set(["org/other"]) }).inject("/v1/models")).json()).toEqual({
    object: "list",
    data: [],
  });
});

test("a price is said in USD per token, also under its old names", async () => {
  const pricing = {
    input: "0.00000015",
    output: "0.0000006",
    cache_read: "0.000000015",
    image: "0",
    request: "0.001",
    prompt: "0.00000015",
    completion: "0.0000006",
  };
  const app = serve({ priced: price, unpricedIsFree: false });
  expect((await app.inject("/v1/models")).json()).toMatchObject({ data: [{ pricing }] });
  expect((await app.inject(`/v1/models/${replica.id}`)).json().pricing).toEqual(pricing);
  const speech = serve({ priced: { ...price, characterNano: 15_000n } });
  expect((await speech.inject(`/v1/models/${replica.id}`)).json().pricing.character).toBe("0.000015");
});

test("a free model costs 0; a model without a price has no pricing where such are served, and is not listed where they are refused", async () => {
  const nothing = { inputNano: 0n, outputNano: 0n, cacheReadNano: 0n, requestNano: 0n };
  const free = serve({ priced: { ...price, ...nothing, isFree: true }, unpricedIsFree: false });
  expect((await free.inject(`/v1/models/${replica.id}`)).json().pricing).toMatchObject({ input: "0", prompt: "0" });
  expect((await serve().inject(`/v1/models/${replica.id}`)).json()).not.toHaveProperty("pricing");
  const refusing = serve({ unpricedIsFree: false });
  expect((await refusing.inject("/v1/models")).json()).toEqual({ object: "list", data: [] });
  expect((await refusing.inject(`/v1/models/${replica.id}`)).statusCode).toBe(404);
});
