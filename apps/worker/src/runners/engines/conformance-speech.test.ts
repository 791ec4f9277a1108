/** The engines that speak, behind the real http runner; see conformance.test.ts for those that write. */
import type { SpeechGeneration } from "@tera/protocol";
import { type FakeRunnerSettingsChange, fakeSpeech, speechSamples } from "@tera/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Attached, attach, generate } from "./conformance-attach.ts";
import { itWhere } from "./conformance-subject.ts";
import type { EngineName } from "./engine-names.ts";

interface SpeakingEngine {
  dialect: NonNullable<FakeRunnerSettingsChange["dialect"]>;
  name: EngineName;
  /** What the fake is told to serve; Kokoro's names are always the same. */
  models: string[];
  publicId: string;
  /** What it is sent as `model`. */
  engineId: string;
  /** Sent when the client names none. */
  defaultVoice?: string;
  /** Optional fields that it knows. */
  fields: readonly string[];
  speaksOnly: boolean;
}

const ttsModel = "speaches-ai/Kokoro-82M-v1.0-ONNX";
const engines: SpeakingEngine[] = [
  {
    dialect: "kokoro",
    name: "kokoro",
    models: ["unused"],
    publicId: "hexgrad/Kokoro-82M",
    engineId: "kokoro",
    fields: ["speed", "lang_code"],
    speaksOnly: true,
  },
  {
    dialect: "speaches",
    name: "speaches",
    models: [ttsModel],
    publicId: ttsModel,
    engineId: ttsModel,
    defaultVoice: "af_heart",
    fields: ["speed"],
    speaksOnly: true,
  },
  {
    dialect: "vllm",
    name: "vllm",
    models: ["Qwen/Qwen3-TTS"],
    publicId: "Qwen/Qwen3-TTS",
    engineId: "Qwen/Qwen3-TTS",
    fields: ["speed", "lang_code", "instructions"],
    speaksOnly: false,
  },
];

const input = "Grüße aus Zürich 🙂";
const msPerCharacter = 20;

describe.each(engines)("an engine that speaks as $dialect does", (subject) => {
  let attached: Attached;
  beforeAll(async () => {
    attached = await attach({ dialect: subject.dialect, models: subject.models });
  });
  afterAll(() => attached?.detach());
  afterEach(() => attached.engine.set({ msPerToken: 0, faults: null }));

  const speech = (change: Partial<SpeechGeneration> = {}): SpeechGeneration => ({
    kind: "speech",
    model: subject.publicId,
    input,
    format: "wav",
    ...change,
  });

  it("is recognised, and its model offered under its public id", () => {
    const status = attached.runner.status();
    expect(status.engine).toBe(subject.name);
    expect(status.models.map(({ id }) => id)).toEqual([subject.publicId]);
    if (subject.speaksOnly) {
      expect(status.models[0]).toMatchObject({ outputModalities: ["audio"], features: [], samplingParameters: [] });
    }
    expect(attached.runner.canaryModel()?.id).toBe(subject.publicId);
  });

  it.each(["wav", "mp3", "pcm"] as const)("says exactly what it is given, as %s", async (format) => {
    const { audio, usage, choices } = await generate(attached.runner, speech({ format }));
    expect(audio.equals(fakeSpeech(format, speechSamples(input, 1, msPerCharacter)))).toBe(true);
    expect(choices[0]?.finishReasons).toEqual(["stop"]);
    expect(usage.speechCharacters).toBe([...input].length);
  });

  it("speaks as fast as it is asked to", async () => {
    const { audio } = await generate(attached.runner, speech({ speed: 2 }));
    expect(audio.equals(fakeSpeech("wav", speechSamples(input, 2, msPerCharacter)))).toBe(true);
  });

  it("is sent its own model's name, a voice where it must have one, and only fields that it knows", async () => {
    await generate(attached.runner, speech({ speed: 1.5, langCode: "de", instructions: "calmly" }));
    const { body } = attached.lastRequest();
    const optional = { speed: 1.5, lang_code: "de", instructions: "calmly" };
    const known = Object.entries(optional).filter(([name]) => subject.fields.includes(name));
    const voice = subject.defaultVoice === undefined ? {} : { voice: subject.defaultVoice };
    expect(body).toEqual({
      model: subject.engineId,
      input,
      response_format: "wav",
      ...voice,
      ...Object.fromEntries(known),
    });
  });

  it("has the client's voice passed on", async () => {
    await generate(attached.runner, speech({ voice: "af_bella" }));
    expect(attached.lastRequest().body).toMatchObject({ voice: "af_bella" });
  });

  itWhere(subject.speaksOnly)("has a voice that it has not told as the client's mistake", async () => {
    const error = await generate(attached.runner, speech({ voice: "nobody" })).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "invalid_request", retryable: false });
    expect(String(error)).toMatch(/Voice 'nobody'/);
  });

  it("has a format that it cannot make told as the client's choice", async () => {
    const error = await generate(attached.runner, speech({ format: "opus" })).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ status: 400, retryable: false });
  });

  it("stops within a second when the client leaves", async () => {
    attached.engine.set({ msPerToken: 5 });
    const abort = new AbortController();
    const { usage } = await generate(attached.runner, speech({ input: "word ".repeat(2_000) }), {
      signal: abort.signal,
      onDelta: () => abort.abort(),
    });
    expect(usage).toMatchObject({ source: "counted", completionTokens: 0 });
    await vi.waitFor(() => expect(attached.lastRequest().state).toBe("aborted"), { timeout: 1_000 });
  });

  it("is overloaded: another replica is tried", async () => {
    attached.engine.set({ faults: [{ kind: "status", status: 429 }] });
    await expect(generate(attached.runner, speech())).rejects.toMatchObject({
      code: "runner_overloaded",
      retryable: true,
    });
  });

  itWhere(subject.speaksOnly)("writes no text", async () => {
    const chat = {
      kind: "chat" as const,
      model: subject.publicId,
      messages: [{ role: "user" as const, content: "hi" }],
      n: 1,
      sampling: {},
    };
    await expect(generate(attached.runner, chat)).rejects.toMatchObject({ code: "unsupported_parameter" });
  });
});
