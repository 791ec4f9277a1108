/** `GET /v1/models`: vLLM's model cards. */
import type { FakeRunnerSettings } from "./settings.ts";

export function renderModels(settings: FakeRunnerSettings, startedAtS: number): string {
  const data = settings.models.map((id) => ({
    id,
    object: "model",
    created: startedAtS,
    owned_by: "vllm",
    root: id,
    parent: null,
    max_model_len: settings.maxModelLen,
    permission: [
      {
        id: "modelperm-0123456789abcdef0123456789abcdef",
        object: "model_permission",
        created: startedAtS,
        allow_create_engine: false,
        allow_sampling: true,
        allow_logprobs: true,
        allow_search_indices: false,
        allow_view: true,
        allow_fine_tuning: false,
        organization: "*",
        group: null,
        is_blocking: false,
      },
    ],
  }));
  return JSON.stringify({ object: "list", data });
}
