/** The catalog as clients and routers read it: `/v1/models`. */
import type { Principal } from "@tera/access";
import { TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";
import type { Catalog, CatalogEntry } from "../catalog/catalog.ts";
import { principalOf } from "../plugins/authenticate.ts";

export function registerModelRoutes(app: FastifyInstance, catalog: Pick<Catalog, "list" | "find">): void {
  app.get("/v1/models", (request) => {
    const principal = principalOf(request);
    const visible = catalog.list().filter(({ profile }) => mayUse(principal, profile.id));
    return { object: "list", data: visible.map(toListing) };
  });

  // A wildcard, because ids contain a slash: it comes raw or percent-encoded, and the router decodes it.
  app.get<{ Params: { "*": string } }>("/v1/models/*", (request) => {
    const id = request.params["*"];
    const entry = catalog.find(id);
    if (entry === undefined || !entry.listed || !mayUse(principalOf(request), id)) {
      throw new TeraError(
        "model_not_found",
        `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it. GET /v1/models lists what is offered.`,
        { param: "model" },
      );
    }
    return toListing(entry);
  });
}

function mayUse(principal: Principal, model: string): boolean {
  return principal.modelScope === null || principal.modelScope.has(model);
}

/** One entry as OpenAI's clients and routers read it. Nothing is priced yet: no `pricing` is better than a wrong one. */
function toListing({ profile, createdAtS }: CatalogEntry) {
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
  };
}
