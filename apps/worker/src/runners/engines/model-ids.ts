/** Makes public model ids, by preference Hugging Face's, of what engines call their models. */

/** `owner/name`, as Hugging Face has it: two parts, neither of them a step in a path. */
const huggingFaceId = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

export function isHuggingFaceId(id: string): boolean {
  return huggingFaceId.test(id) && !/\.(?:gguf|bin|safetensors)$/i.test(id);
}

/**
 * @param id `owner/name:Q4_K_M`, `hf.co/owner/name:Q4_K_M`, `/models/some-model.gguf`, `/models/some-model/`: what llama.cpp, Ollama and others use.
 * @returns `owner/name`, `owner/name`, `some-model`, `some-model`; any other id as it is.
 */
export function toPublicId(id: string): string {
  const withoutHost = id.replace(/^(?:https?:\/\/)?(?:hf\.co|huggingface\.co)\//i, "");
  const withoutTag = withoutHost.replace(/:[\w.-]+$/, "");
  if (isHuggingFaceId(withoutTag)) return withoutTag;
  return isPath(id) ? fileName(id) : id;
}

/** A name that a file or folder was given by its path, which no client should see. */
function isPath(id: string): boolean {
  return /^(?:\/|\.{1,2}[\\/]|[A-Za-z]:[\\/]|~)/.test(id) || /\.gguf$/i.test(id);
}

function fileName(path: string): string {
  const last = path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
  return last.replace(/\.gguf$/i, "").replace(/-\d{5}-of-\d{5}$/, "");
}
