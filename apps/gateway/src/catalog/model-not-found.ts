/** What clients are told of a model that they cannot ask for, whether it is there or not. */
import { TeraError } from "@tera/protocol";

const shownMax = 200;

/** @param model as the client wrote it: of any length */
export function modelNotFound(model: string): TeraError {
  return new TeraError(
    "model_not_found",
    `The model \`${model.slice(0, shownMax)}\` does not exist or you do not have access to it. GET /v1/models lists what is offered.`,
    { param: "model" },
  );
}
