/** `owner/name`, as Hugging Face has it: two parts, neither of them a step in a path. */
const huggingFaceId = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

/** True for an id in Hugging Face's form; whether such a model exists is not asked. */
export function isHuggingFaceId(id: string): boolean {
  return huggingFaceId.test(id);
}
