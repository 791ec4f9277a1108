/** All dialects by name. */
import type { Dialect } from "./dialect.ts";
import type { DialectName } from "./dialect-names.ts";
import { generic } from "./generic.ts";
import { kokoro } from "./kokoro.ts";
import { llamacpp } from "./llamacpp.ts";
import { lmstudio } from "./lmstudio.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import { sglang } from "./sglang.ts";
import { speaches } from "./speaches.ts";
import { tgi } from "./tgi.ts";
import { trtllm } from "./trtllm.ts";
import { vllm } from "./vllm.ts";

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  vllm,
  sglang,
  llamacpp,
  tgi,
  ollama,
  lmstudio,
  trtllm,
  kokoro,
  speaches,
  openai,
  generic,
};
