import { describe, expect, it } from "vitest";
import { profileOf } from "../engines/detect.ts";
import type { EngineModel } from "../engines/engine-profile.ts";
import { offerModels } from "./served-models.ts";

function model(engineId: string, change: Partial<EngineModel> = {}): EngineModel {
  return { engineId, publicId: engineId, kind: "text", isLoaded: true, isAdapter: false, ...change };
}

const options = { profile: profileOf("vllm"), createdAtS: 5 };
const pairs = (offered: ReturnType<typeof offerModels>) =>
  [...offered].map(([id, { served, engine }]) => [id, served.id, engine.engineId]);

describe("the models that a runner offers", () => {
  it("are all of the engine's under their public ids", () => {
    const offered = offerModels([model("/m/a.gguf", { publicId: "a" }), model("org/b")], options);
    expect(pairs(offered)).toEqual([
      ["a", "a", "/m/a.gguf"],
      ["org/b", "org/b", "org/b"],
    ]);
  });

  it("never share an id, and none is a path", () => {
    const same = ["x:q4", "x:q8", "/m/x.gguf"].map((engineId) => model(engineId, { publicId: "org/x" }));
    expect(pairs(offerModels(same, options)).map(([id]) => id)).toEqual(["org/x", "x:q8"]);
  });

  it("are those of the worker's file and no others, when it names any", () => {
    const models = [model("qwen2.5:7b"), model("llama3:latest", { publicId: "llama3" }), model("secret")];
    const names = { "Qwen/Qwen2.5-7B-Instruct": "qwen2.5:7b", "meta/llama": "llama3", gone: "gone" };
    expect(pairs(offerModels(models, { ...options, names }))).toEqual([
      ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct", "qwen2.5:7b"],
      ["meta/llama", "meta/llama", "llama3:latest"],
    ]);
  });

  it("say what the engine's dialect can do", () => {
    const served = offerModels([model("m", { contextLength: 9, features: ["json_mode"] })], options).get("m")?.served;
    expect(served).toMatchObject({ created: 5, contextLength: 9, outputModalities: ["text"], features: ["json_mode"] });
    expect(served?.samplingParameters).toEqual(expect.arrayContaining(["max_tokens", "top_k", "logprobs"]));
    const ollama = offerModels([model("m")], { ...options, profile: profileOf("ollama") }).get("m")?.served;
    expect(ollama?.samplingParameters).not.toContain("top_k");
    expect(ollama?.features).not.toContain("logprobs");
  });

  it("call a parameter what our API calls it, not what the engine does", () => {
    const served = offerModels([model("m")], { ...options, profile: profileOf("llamacpp") }).get("m")?.served;
    expect(served?.samplingParameters).toContain("repetition_penalty");
  });

  it("claim nothing of text when they speak", () => {
    const profile = profileOf("kokoro");
    expect(offerModels([model("m", { kind: "speech" })], { ...options, profile }).get("m")?.served).toMatchObject({
      outputModalities: ["audio"],
      features: [],
      samplingParameters: [],
    });
  });
});
