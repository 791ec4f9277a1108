/** `POST /v1/audio/speech`: a tone as long as the input would take to say, made and sent step by step by the same engine as text. */
import { speechBodySchema } from "./bodies.ts";
import type { ServerContext } from "./context.ts";
import { badRequest, EngineError, parseBody } from "./engine-error.ts";
import type { Reply } from "./reply.ts";
import type { LoggedRequest } from "./request-log.ts";
import { mp3FrameSamples, mp3ToneFrame, pcmTone, sampleRate, wavHeader } from "./tone.ts";
import { countTokens } from "./words.ts";

/** One engine step makes 96 ms of sound: four MP3 frames. */
const framesPerStep = 4;

const mediaTypes = { wav: "audio/wav", pcm: "audio/pcm", mp3: "audio/mpeg" } as const;
export type FakeSpeechFormat = keyof typeof mediaTypes;

/** How many samples the fake runner speaks for an input: whole MP3 frames, so that every format is equally long. */
export function speechSamples(input: string, speed: number, msPerCharacter: number): number {
  const samples = ([...input].length * msPerCharacter * sampleRate) / 1000 / speed;
  return Math.max(1, Math.ceil(samples / mp3FrameSamples)) * mp3FrameSamples;
}

/** The exact audio that the fake runner answers with. */
export function fakeSpeech(format: FakeSpeechFormat, samples: number): Buffer {
  const dataBytes = samples * 2;
  if (format === "pcm") return pcmTone(0, samples);
  if (format === "wav") return Buffer.concat([wavHeader(dataBytes), pcmTone(0, samples)]);
  return Buffer.concat(Array.from({ length: samples / mp3FrameSamples }, (_, index) => mp3ToneFrame(index)));
}

/** @returns a function that stops it. @throws {EngineError} before anything was written. */
export function handleSpeech(context: ServerContext, json: unknown, reply: Reply, logged: LoggedRequest): () => void {
  const body = parseBody(speechBodySchema, json);
  const format = body.response_format ?? "wav";
  if (body.model != null && !context.settings.models.includes(body.model)) {
    throw new EngineError(404, "NotFoundError", `The model \`${body.model}\` does not exist.`, "model");
  }
  if (body.input.trim() === "") throw badRequest("Input text cannot be empty", "input");
  if (!isFakeFormat(format))
    throw badRequest(`Unsupported response_format: ${format}. Supported: wav, pcm, mp3`, "response_format");
  return speak(context, { input: body.input, format, speed: body.speed ?? 1 }, reply, logged, { server: "uvicorn" });
}

export interface SpokenText {
  input: string;
  format: FakeSpeechFormat;
  speed: number;
}

/** Says a text. @returns a function that stops it. */
export function speak(
  { settings, log, engine, counters }: ServerContext,
  { input, format, speed }: SpokenText,
  reply: Reply,
  logged: LoggedRequest,
  headers: Readonly<Record<string, string>>,
): () => void {
  const samples = speechSamples(input, speed, settings.speechMsPerCharacter);
  const frames = samples / mp3FrameSamples;
  let frame = 0;
  logged.promptTokens = countTokens(input);
  const counted = counters.begin({ prompt: logged.promptTokens, cached: 0, answersPerPrompt: 1 });
  reply.open(200, { "content-type": mediaTypes[format], ...headers });

  return engine.submit({
    started() {
      logged.state = "running";
    },
    step() {
      if (reply.blocked) return "blocked";
      const last = Math.min(frame + framesPerStep, frames);
      const pieces: Buffer[] = frame === 0 && format === "wav" ? [wavHeader(samples * 2)] : [];
      if (format === "mp3") for (let index = frame; index < last; index++) pieces.push(mp3ToneFrame(index));
      else pieces.push(pcmTone(frame * mp3FrameSamples, (last - frame) * mp3FrameSamples));
      logged.generatedTokens += last - frame;
      counted.stepped(logged.generatedTokens);
      frame = last;
      if (frame < frames) {
        reply.write(Buffer.concat(pieces));
        return "advanced";
      }
      log.close(logged, "finished");
      counted.ended("finished");
      reply.end(Buffer.concat(pieces));
      return "finished";
    },
  });
}

/** The fake runner has no encoder for the other formats. */
export function isFakeFormat(format: string): format is FakeSpeechFormat {
  return Object.hasOwn(mediaTypes, format);
}
