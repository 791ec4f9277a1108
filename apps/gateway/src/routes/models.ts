/** The catalog: models that a live runner serves now, and that the key may use. */
import type { Principal } from "@tera/access";
import { type ServedModel, TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";
import type { Roster } from "../inference/roster.ts";
import { principalOf } from "../plugins/authenticate.ts";

export function registerModelRoutes(app: FastifyInstance, roster: Pick<Roster, "listReady" | "find">): void {
  app.get("/v1/models", (request) => {
    const principal = principalOf(request);
    const visible = roster.listReady().filter(({ model }) => mayUse(principal, model.id));
    return { object: "list", data: visible.map(({ model }) => toListing(model)) };
  });

  // A wildcard, because ids contain a slash: it comes raw or percent-encoded, and the router decodes it.
  app.get<{ Params: { "*": string } }>("/v1/models/*", (request) => {
    const id = request.params["*"];
    const entry = roster.find(id);
    if (entry === undefined || entry.readySlots === 0 || !mayUse(principalOf(request), id)) {
      throw new TeraError(
        "model_not_found",
        `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it. GET /v1/models lists what is offered.`,
        { param: "model" },
      );
    }
    return toListing(entry.model);
  });
}

function mayUse(principal: Principal, model: string): boolean {
  return principal.modelScope === null || principal.modelScope.has(model);
}

/** One entry as OpenAI's clients and routers read it. Nothing is priced yet: no `pricing` is better than a wrong one. */
function toListing(model: ServedModel) {
  return {
    id: model.id,
    object: "model",
    created: model.created,
    owned_by: model.ownedBy,
    hugging_face_id: model.id,
    name: model.name ?? model.id,
    description: model.description ?? "",
    context_length: model.contextLength ?? null,
    max_output_length: model.contextLength ?? null,
    input_modalities: model.inputModalities,
    output_modalities: model.outputModalities,
    quantization: model.quantization ?? null,
    supported_sampling_parameters: model.samplingParameters,
    supported_features: model.features,
  };
}
