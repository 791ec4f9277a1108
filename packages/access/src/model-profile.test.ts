import { inputModalities, modelFeatures, outputModalities, type ServedModel } from "@tera/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeModel } from "./model-profile.ts";
import { fieldsSet, unsetModel } from "./model-store.ts";

const id = "Qwen/Qwen2.5-7B-Instruct";

function replica(change: Partial<ServedModel> = {}): ServedModel {
  return {
    id,
    created: 1,
    ownedBy: "Qwen",
    inputModalities: ["text"],
    outputModalities: ["text"],
    features: [],
    samplingParameters: [],
    ...change,
  };
}

const replicas = fc.array(
  fc.record(
    {
      id: fc.constant(id),
      created: fc.nat(),
      ownedBy: fc.constantFrom("Qwen", "vllm"),
      name: fc.constantFrom("Qwen", "qwen"),
      contextLength: fc.integer({ min: 1, max: 200_000 }),
      quantization: fc.constantFrom("fp8", "bf16"),
      inputModalities: fc.subarray([...inputModalities]),
      outputModalities: fc.subarray([...outputModalities]),
      features: fc.shuffledSubarray([...modelFeatures]),
      samplingParameters: fc.shuffledSubarray(["temperature", "top_p", "seed"]),
    },
    {
      requiredKeys: [
        "id",
        "created",
        "ownedBy",
        "inputModalities",
        "outputModalities",
        "features",
        "samplingParameters",
      ],
    },
  ),
  { minLength: 1, maxLength: 5 },
);

test("whatever the replicas say, each of them keeps what is promised, in any order of them", () => {
  fc.assert(
    fc.property(replicas, (all) => {
      const profile = describeModel(id, all, undefined);
      for (const each of all) {
        expect(each.features).toEqual(expect.arrayContaining([...profile.features]));
        expect(each.samplingParameters).toEqual(expect.arrayContaining([...profile.samplingParameters]));
        expect(each.inputModalities).toEqual(expect.arrayContaining([...profile.inputModalities]));
        expect(each.contextLength ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(profile.contextLength ?? 0);
        if (profile.quantization !== null) expect(each.quantization).toBe(profile.quantization);
      }
      const [first] = all;
      if (all.every((each) => each.features.includes("tools"))) expect(profile.features).toContain("tools");
      if (all.length === 1) expect(profile.contextLength).toBe(first?.contextLength ?? null);
      expect(describeModel(id, all.toReversed(), undefined)).toEqual(profile);
    }),
  );
});

test("what the operator set wins, the empty list too; what is not set is what the replicas say", () => {
  const served = replica({ name: "qwen", contextLength: 32_768, features: ["tools"], quantization: "fp8" });
  const set = { ...unsetModel, name: "Qwen 2.5", features: [], contextLength: 16_384, reasoningField: "both" as const };
  expect(describeModel(id, [served], set)).toMatchObject({
    name: "Qwen 2.5",
    features: [],
    contextLength: 16_384,
    maxOutputLength: 16_384,
    quantization: "fp8",
    reasoningField: "both",
  });
});

test("an answer is never promised longer than the context", () => {
  expect(
    describeModel(id, [replica({ contextLength: 4_096 })], { ...unsetModel, maxOutputLength: 8_192 }),
  ).toMatchObject({ contextLength: 4_096, maxOutputLength: 4_096 });
  expect(describeModel(id, [replica()], { ...unsetModel, maxOutputLength: 8_192 }).maxOutputLength).toBe(8_192);
});

test("a model that nobody serves promises text, and no feature that nobody named", () => {
  expect(describeModel("my-model", [], { ...unsetModel, alwaysListed: true })).toEqual({
    id: "my-model",
    aliases: [],
    name: "my-model",
    description: "",
    huggingFaceId: null,
    ownedBy: "unknown",
    contextLength: null,
    maxOutputLength: null,
    inputModalities: ["text"],
    outputModalities: ["text"],
    quantization: null,
    features: [],
    samplingParameters: [],
    reasoningField: "reasoning_content",
    alwaysListed: true,
  });
});

test("the fields that are set are named, in the table's order", () => {
  expect(fieldsSet(unsetModel)).toEqual([]);
  expect(fieldsSet({ ...unsetModel, alwaysListed: true, features: [], name: "x" })).toEqual([
    "name",
    "features",
    "alwaysListed",
  ]);
});
