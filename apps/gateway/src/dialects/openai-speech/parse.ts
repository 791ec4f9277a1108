/** OpenAI's text-to-speech: body to canonical call. */
import { type SpeechGeneration, type SpeechRequestBody, speechRequestSchema } from "@tera/protocol";
import type { ParseCall } from "../dialect.ts";
import { parseBody } from "../parse-body.ts";
import { createSpeechAudio, createSpeechEvents } from "./render.ts";

export const parseSpeechCall: ParseCall = (body) => {
  const speech = parseBody(speechRequestSchema, body);
  const request = toGeneration(speech);
  return {
    request,
    answer: "pieces",
    createRenderer: speech.stream_format === "sse" ? createSpeechEvents : () => createSpeechAudio(request.format),
  };
};

function toGeneration(speech: SpeechRequestBody): SpeechGeneration {
  const request: SpeechGeneration = {
    kind: "speech",
    model: speech.model,
    input: speech.input,
    format: speech.response_format ?? "wav",
  };
  if (speech.voice != null) request.voice = speech.voice;
  if (speech.speed != null) request.speed = speech.speed;
  if (speech.lang_code != null) request.langCode = speech.lang_code;
  if (speech.instructions != null) request.instructions = speech.instructions;
  return request;
}
