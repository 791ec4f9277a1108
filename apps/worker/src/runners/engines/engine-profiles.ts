/** All profiles, in the order in which they are tried: those with the surest signs first, the one that takes anything last. */
import type { EngineProfile } from "./engine-profile.ts";
import { hosted } from "./hosted.ts";
import { kokoro } from "./kokoro.ts";
import { llamacpp } from "./llamacpp.ts";
import { lmstudio } from "./lmstudio.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import { sglang } from "./sglang.ts";
import { speaches } from "./speaches.ts";
import { tensorrtLlm } from "./tensorrt-llm.ts";
import { tgi } from "./tgi.ts";
import { vllm } from "./vllm.ts";

export const engineProfiles: readonly EngineProfile[] = [
  vllm,
  tensorrtLlm,
  sglang,
  llamacpp,
  tgi,
  ollama,
  lmstudio,
  kokoro,
  speaches,
  hosted,
  openai,
];
