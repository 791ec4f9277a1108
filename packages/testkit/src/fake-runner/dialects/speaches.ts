/**
 * Speaches, for speech.
 *
 * Sources, in speaches-ai/speaches, src/speaches: routers/speech.py (fields, formats, errors), routers/models.py (lists of models and voices),
 * routers/misc.py (health, /api/ps), executors/kokoro.py (voices, bounds of speed), api_types.py (model cards).
 *
 * - Models are Hugging Face ids, each with its task, sample rate and voices; speech-to-text models stand in the same list.
 * - `model` and `voice` are required; mp3 unless asked otherwise; speed from 0.5 to 2; an OpenAI voice becomes the first own one.
 * - A model that is not there is 404, a voice or speed that cannot be 422, each with a text in `detail`.
 * - The fake runner has no encoder for opus, aac and flac, and says so with 501.
 */
import type { ServerContext } from "../context.ts";
import { EngineError, invalidBody } from "../engine-error.ts";
import { isFakeFormat, speak } from "../speech.ts";
import { sampleRate } from "../tone.ts";
import { type Dialect, type GenerationHandler, type PageMaker, textPage } from "./dialect.ts";
import { fastApiNoPage, unprocessable, uvicornPage } from "./fast-api.ts";
import { asBody, type Field, parametersOf, readFields } from "./read-fields.ts";

const voices = [
  { name: "af_heart", language: "en-us", gender: "female", id: "af_heart" },
  { name: "af_bella", language: "en-us", gender: "female", id: "af_bella" },
  { name: "bm_george", language: "en-gb", gender: "male", id: "bm_george" },
];
const openAiVoices = new Set(["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]);
const formats = ["pcm", "mp3", "wav", "flac", "opus", "aac"];
const fields: readonly Field[] = [
  "model",
  "input",
  "voice",
  "response_format",
  "speed",
  "stream_format",
  "sample_rate",
];

function refused(status: number, message: string): EngineError {
  return new EngineError(status, "error", message);
}

const handleSpeech: GenerationHandler = (context, json, reply, logged) => {
  const read = readFields(asBody(json), fields);
  logged.understood = parametersOf(read);
  const { model, input, voice, response_format: format = "mp3", speed = 1 } = read;
  for (const [name, value] of Object.entries({ model, input, voice })) {
    if (typeof value !== "string") throw unprocessable([name], "missing", "Field required");
  }
  if (typeof format !== "string" || !formats.includes(format)) {
    throw unprocessable(
      ["response_format"],
      "literal_error",
      `Input should be ${formats.map((one) => `'${one}'`).join(", ")}`,
    );
  }
  if (typeof model !== "string" || !context.settings.models.includes(model)) {
    throw refused(
      404,
      `Model '${String(model)}' is not installed locally. You can download the model using \`POST /v1/models\``,
    );
  }
  if (typeof speed !== "number" || speed < 0.5 || speed > 2) {
    throw refused(422, `Speed must be between 0.5 and 2.0, got ${String(speed)}`);
  }
  if (!voices.some(({ id }) => id === voice) && !openAiVoices.has(String(voice))) {
    throw refused(422, `Voice '${String(voice)}' is not supported. Supported voices: ${JSON.stringify(voices)}`);
  }
  if (!isFakeFormat(format)) throw refused(501, `the fake runner cannot encode ${format}`);
  return speak(context, { input: String(input), format, speed }, reply, logged, { server: "uvicorn" });
};

const generation = new Map([["/v1/audio/speech", handleSpeech]]);

function speechModels({ settings, startedAtS }: ServerContext) {
  return settings.models.map((id) => ({
    id,
    created: startedAtS,
    object: "model",
    owned_by: id.split("/")[0] ?? "",
    language: ["multilingual"],
    task: "text-to-speech",
    sample_rate: sampleRate,
    voices,
  }));
}

export const speaches: Dialect = {
  pages: new Map<string, PageMaker>([
    ["/health", () => textPage("OK")],
    [
      "/v1/models",
      (context) =>
        uvicornPage({
          data: [
            {
              id: "Systran/faster-whisper-small",
              created: context.startedAtS,
              object: "model",
              owned_by: "Systran",
              language: ["en", "de"],
              task: "automatic-speech-recognition",
            },
            ...speechModels(context),
          ],
          object: "list",
        }),
    ],
    ["/v1/audio/models", (context) => uvicornPage({ models: speechModels(context), object: "list" })],
    [
      "/v1/audio/voices",
      (context) => uvicornPage({ voices: speechModels(context).flatMap((one) => one.voices), object: "list" }),
    ],
    ["/api/ps", () => uvicornPage({ models: [] })],
  ]),
  generation,
  noPage: (_method, path) => fastApiNoPage(generation, path),
  renderError: ({ status, type, message, fields: more }) =>
    type === invalidBody
      ? uvicornPage({ detail: [{ type: "json_invalid", loc: ["body"], msg: message }] }, 422)
      : uvicornPage("detail" in more ? more : { detail: message }, status),
  refuseKey: (path) => (path === "/health" ? undefined : uvicornPage({ detail: "Invalid API key" }, 403)),
};
