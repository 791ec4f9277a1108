/**
 * What every engine must do behind the real http runner, whatever its dialect: one suite, run against a fake that speaks as the engine is
 * documented to. What differs is said by `ConformingEngine`, and is no more than what the engine itself can or cannot.
 */
import { describe, expect, it } from "vitest";
import { testAnswers } from "./conformance-answers.ts";
import { testCounts } from "./conformance-counts.ts";
import { testFailures } from "./conformance-failures.ts";
import { type ConformingEngine, contextLength, converse, slots } from "./conformance-subject.ts";
import { testTools } from "./conformance-tools.ts";

export function describeConformance(subject: ConformingEngine): void {
  describe(`an engine that speaks as ${subject.dialect} does`, () => {
    const talk = converse(subject);

    it("is recognised, with its version where it tells one", () => {
      const status = talk.attached.runner.status();
      expect(status.engine).toBe(subject.name);
      if (subject.version === undefined) expect(status.engineVersion).toBeUndefined();
      else expect(status.engineVersion).toMatch(subject.version);
      if (subject.tells.includes("slots")) expect(status.slots).toBe(slots);
    });

    it("has its model listed under its public id, with what is true of it", () => {
      const [served, ...others] = talk.attached.runner.status().models;
      expect(others).toEqual([]);
      expect(served).toMatchObject({
        id: subject.model.publicId,
        inputModalities: ["text"],
        outputModalities: ["text"],
      });
      expect(served?.contextLength).toBe(subject.tells.includes("contextLength") ? contextLength : undefined);
      expect(new Set(served?.features)).toEqual(new Set(subject.features));
      expect(talk.attached.runner.canaryModel()?.id).toBe(subject.canary ? subject.model.publicId : undefined);
    });

    testAnswers(subject, talk);
    if (subject.tools) testTools(talk);
    testCounts(subject, talk);
    testFailures(subject, talk);
  });
}
