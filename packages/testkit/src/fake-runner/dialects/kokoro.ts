/**
 * Kokoro-FastAPI, for speech.
 *
 * Sources, in remsky/Kokoro-FastAPI, api/src: routers/openai_compatible.py (routes, models, voices, errors), structures/schemas.py (fields, formats,
 * defaults), main.py and core/config.py (health, the title in /openapi.json).
 *
 * - Its models are the same four names whatever was loaded: all of them are Kokoro-82M. An unknown one, or an unknown voice, is 400.
 * - mp3 unless asked otherwise; the voice is af_heart, also a sum of voices; `lang_code` is read, `instructions` ignored.
 * - Errors are FastAPI's `{"detail": {"error", "message", "type"}}`, and `{"detail": [...]}` with 422 for a body that does not fit.
 * - The fake runner has no encoder for opus, aac and flac, and says so with 501.
 */
import { EngineError, invalidBody } from "../engine-error.ts";
import { isFakeFormat, speak } from "../speech.ts";
import type { Dialect, GenerationHandler, PageMaker } from "./dialect.ts";
import { fastApiNoPage, unprocessable, uvicornPage } from "./fast-api.ts";
import { asBody, type Field, parametersOf, readFields } from "./read-fields.ts";

/** Of its 67 voices. */
const kokoroVoices = ["af_bella", "af_heart", "am_adam", "bf_emma", "zf_xiaobei"] as const;
const defaultVoice = "af_heart";
const modelNames = ["tts-1", "tts-1-hd", "kokoro", "gpt-4o-mini-tts"];
const formats = ["mp3", "opus", "aac", "flac", "wav", "pcm"];
const fields: readonly Field[] = [
  "model",
  "input",
  "voice",
  "response_format",
  "speed",
  "stream",
  "lang_code",
  "volume_multiplier",
];
/** core/openai_mappings.json. */
const openAiVoices = new Set(["alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer"]);

function refused(error: string, message: string): EngineError {
  return new EngineError(400, error, message, null, { detail: { error, message, type: "invalid_request_error" } });
}

function checkVoice(voice: string): void {
  for (const part of voice.replaceAll(" ", "").split(/[+-]/)) {
    const name = part.split("(")[0] ?? "";
    if (openAiVoices.has(name) || kokoroVoices.some((one) => one === name)) continue;
    throw refused("validation_error", `Voice '${name}' not found. Available voices: ${kokoroVoices.join(", ")}`);
  }
}

const handleSpeech: GenerationHandler = (context, json, reply, logged) => {
  const read = readFields(asBody(json), fields);
  logged.understood = parametersOf(read);
  const { model = "kokoro", input, voice = defaultVoice, response_format: format = "mp3", speed = 1 } = read;
  if (typeof input !== "string") throw unprocessable(["input"], "missing", "Field required");
  if (typeof format !== "string" || !formats.includes(format)) {
    throw unprocessable(
      ["response_format"],
      "literal_error",
      `Input should be ${formats.map((one) => `'${one}'`).join(", ")}`,
    );
  }
  if (typeof speed !== "number" || speed < 0.25 || speed > 4) {
    throw unprocessable(["speed"], "greater_than_equal", "Input should be greater than or equal to 0.25");
  }
  if (typeof model !== "string" || !modelNames.includes(model)) {
    throw refused("invalid_model", `Unsupported model: ${String(model)}`);
  }
  checkVoice(String(voice));
  if (!isFakeFormat(format)) throw new EngineError(501, "not_implemented", `the fake runner cannot encode ${format}`);
  return speak(context, { input, format, speed }, reply, logged, {
    server: "uvicorn",
    "content-disposition": `attachment; filename=speech.${format}`,
    "x-accel-buffering": "no",
    "cache-control": "no-cache",
  });
};

const generation = new Map([["/v1/audio/speech", handleSpeech]]);

export const kokoro: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", () => uvicornPage({ status: "healthy" })],
    ["/v1/test", () => uvicornPage({ status: "ok" })],
    [
      "/v1/models",
      () =>
        uvicornPage({
          object: "list",
          data: modelNames.map((id) => ({ id, object: "model", created: 1_686_935_002, owned_by: "kokoro" })),
        }),
    ],
    ["/v1/audio/voices", () => uvicornPage({ voices: kokoroVoices.map((id) => ({ id, name: id })) })],
    [
      "/openapi.json",
      () =>
        uvicornPage({
          openapi: "3.1.0",
          info: {
            title: "Kokoro TTS API",
            description: "API for text-to-speech generation using Kokoro",
            version: "1.0.0",
          },
          paths: {},
        }),
    ],
  ]),
  generation,
  noPage: (_method, path) => fastApiNoPage(generation, path),
  renderError: ({ status, type, message, fields: more }) =>
    type === invalidBody
      ? uvicornPage({ detail: [{ type: "json_invalid", loc: ["body"], msg: message }] }, 422)
      : uvicornPage("detail" in more ? more : { detail: message }, status),
  // It has no keys.
  refuseKey: () => undefined,
};
