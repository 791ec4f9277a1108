/** The catalog as clients and routers read it: `/v1/models`. */
import type { Principal } from "@tera/access";
import type { FastifyInstance } from "fastify";
import type { PriceList } from "../billing/price-list.ts";
import { renderPricing } from "../billing/pricing.ts";
import type { Catalog, CatalogEntry } from "../catalog/catalog.ts";
import { modelNotFound } from "../catalog/model-not-found.ts";
import { principalOf } from "../plugins/authenticate.ts";

export interface ModelRoutesOptions {
  catalog: Pick<Catalog, "list" | "find" | "resolve">;
  priceList: Pick<PriceList, "at">;
  /** Models without a price are served for nothing. Else they are refused, and what nobody can get is not listed. */
  unpricedIsFree: boolean;
}

export function registerModelRoutes(app: FastifyInstance, options: ModelRoutesOptions): void {
  const { catalog, priceList, unpricedIsFree } = options;
  const priceNow = (id: string) => priceList.at(id, Date.now());

  function isOffered({ listed, profile }: CatalogEntry, principal: Principal): boolean {
    return listed && mayUse(principal, profile.id) && (unpricedIsFree || priceNow(profile.id) !== undefined);
  }

  /** One entry as OpenAI's clients and routers read it. Without a price there is no `pricing`: "0" is what the operator has declared free. */
  function toListing({ profile, createdAtS }: CatalogEntry) {
    const price = priceNow(profile.id);
    return {
      id: profile.id,
      object: "model",
      created: createdAtS,
      owned_by: profile.ownedBy,
      hugging_face_id: profile.huggingFaceId,
      name: profile.name,
      description: profile.description,
      context_length: profile.contextLength,
      max_output_length: profile.maxOutputLength,
      input_modalities: profile.inputModalities,
      output_modalities: profile.outputModalities,
      quantization: profile.quantization,
      supported_sampling_parameters: profile.samplingParameters,
      supported_features: profile.features,
      pricing: price === undefined ? undefined : renderPricing(price),
    };
  }

  app.get("/v1/models", (request) => {
    const principal = principalOf(request);
    const visible = catalog.list().filter((entry) => isOffered(entry, principal));
    return { object: "list", data: visible.map(toListing) };
  });

  // A wildcard, because ids contain a slash: it comes raw or percent-encoded, and the router decodes it.
  app.get<{ Params: { "*": string } }>("/v1/models/*", (request) => {
    const id = catalog.resolve(request.params["*"]);
    const entry = catalog.find(id);
    if (entry === undefined || !isOffered(entry, principalOf(request))) throw modelNotFound(id);
    return toListing(entry);
  });
}

function mayUse(principal: Principal, model: string): boolean {
  return principal.modelScope === null || principal.modelScope.has(model);
}
